import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { bufBuild } from "../src/contract/proto/test-buf.ts";
import { blockContracts } from "../src/server/block-contracts.ts";
import { blockProtos, protoFolder } from "./block-protos.ts";

test("the .proto files of the package are those of the blocks, and buf takes them", async () => {
  const made = blockProtos();
  assert.equal(made.size, blockContracts.length);
  const paths = globSync("**/*.proto", { cwd: protoFolder });
  assert.deepEqual(paths.toSorted(), [...made.keys()].toSorted());
  const stale = paths.filter((path) => {
    return readFileSync(join(protoFolder, path), "utf8") !== made.get(path);
  });
  assert.deepEqual(stale, [], "run node tools/block-protos.ts --update");
  const built = await bufBuild(protoFolder);
  for (const path of paths) assert.ok(built.has(path), path);
});
