/** The oracle of the tests of this folder: the compiler of `buf`, which comes with a package and needs no network. */
import { execFile, execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { decodeFileDescriptor } from "./descriptor-bytes.ts";
import { WireReader } from "./wire-reader.ts";

const require = createRequire(import.meta.url);
const command = join(dirname(require.resolve("@bufbuild/buf/package.json")), "bin", "buf");

/** What buf makes of the files below a folder and of what they import, each as it wrote it. */
export async function bufBuild(
  folder: string,
  { sourceInfo = true }: { sourceInfo?: boolean } = {},
): Promise<Map<string, Buffer>> {
  const flags = ["--as-file-descriptor-set", ...(sourceInfo ? [] : ["--exclude-source-info"])];
  const args = [command, "build", folder, "-o", "-#format=binpb", ...flags];
  const options = { encoding: "buffer", maxBuffer: 64 * 1024 * 1024 } as const;
  const { stdout } = await promisify(execFile)(process.execPath, args, options);
  const reader = new WireReader(stdout, "what buf wrote");
  const files = new Map<string, Buffer>();
  while (!reader.done) {
    reader.tag();
    const bytes = Buffer.from(reader.bytes());
    files.set(decodeFileDescriptor(bytes).name, bytes);
  }
  return files;
}

/** The protobuf that buf makes of JSON; `type` is a full name. */
export function bufConvert(protoPath: string, type: string, json: object): Buffer {
  const words = [command, "convert", protoPath, "--type", type, "--from", "-#format=json"];
  const input = JSON.stringify(json);
  return execFileSync(process.execPath, [...words, "--to", "-#format=binpb"], { input });
}
