/**
 * The contracts of the blocks as `.proto` files in `proto/`, for programs in other languages: they are in the package,
 * so nobody has to run anything of ours to call a platform. `--update` writes them.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileDescriptorsOf } from "../src/contract/proto/file-descriptors-of.ts";
import { printProto } from "../src/contract/proto/print/print-proto.ts";
import { wellKnownPaths } from "../src/contract/proto/well-known-protos.ts";
import { blockContracts } from "../src/server/block-contracts.ts";

export const protoFolder = join(import.meta.dirname, "..", "proto");

/** Their texts by their paths, `store/v1/store.proto`; what they import of `google/` every compiler has. */
export function blockProtos(): Map<string, string> {
  const texts = blockContracts.flatMap(({ descriptor }) => {
    const files = fileDescriptorsOf(descriptor).filter(
      ({ name }) => !wellKnownPaths.includes(name),
    );
    return files.map((file) => [file.name, printProto(file, files)] as const);
  });
  return new Map(texts);
}

if (import.meta.main) {
  if (process.argv[2] === "--update") {
    rmSync(protoFolder, { recursive: true, force: true });
    for (const [path, text] of blockProtos()) {
      mkdirSync(dirname(join(protoFolder, path)), { recursive: true });
      writeFileSync(join(protoFolder, path), text);
    }
  } else {
    process.stderr.write("Usage: node tools/block-protos.ts --update\n");
    process.exitCode = 2;
  }
}
