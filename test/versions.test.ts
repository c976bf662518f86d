/** Two versions of a service side by side, and an update that would break callers. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { contract, method, t } from "../src/index.ts";
import { openPlatform } from "../src/framework/platform.ts";
import { openStateFolder, root, runReef, startPlatform } from "./test-command.ts";

const answer = t.object({ by: t.string() });
const First = contract(
  "greeter",
  { hello: method({ input: t.object({ name: t.string() }), output: answer }) },
  { version: "1.0.0" },
);
const Second = contract(
  "greeter",
  { hello: method({ input: t.object({ id: t.int32() }), output: answer }) },
  { version: "2.0.0" },
);

/** A greeter whose input has these fields. */
function textOf(version: string, fields: string): string {
  return `
import { contract, method, serve, service, t } from "${join(root, "src", "index.ts")}";
const Greeter = contract("greeter", {
  hello: method({ input: t.object(${fields}), output: t.object({ by: t.string() }) }),
}, { version: "${version}" });
await serve(service(Greeter, { hello: () => ({ by: "${version}" }) }));
`;
}

async function openPrograms() {
  // Below the checkout, where its own modules are found as they are.
  const folder = await mkdtemp(join(root, "test", "reef-"));
  return {
    async write(file: string, version: string, fields: string): Promise<string> {
      const path = join(folder, file);
      await writeFile(path, textOf(version, fields));
      return path;
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

test("two major versions run side by side; what breaks one of them is refused and the old one stays", async () => {
  await using programs = await openPrograms();
  await using state = await openStateFolder();
  await using _ = await startPlatform(state.path);
  await using platform = await openPlatform({ state: state.path });
  const reef = (...words: string[]) => runReef([...words, "--state", state.path]);

  const one = await programs.write("greeter.ts", "1.0.0", "{ name: t.string() }");
  const two = await programs.write("greeter-v2.ts", "2.0.0", "{ id: t.int32() }");
  await platform.runtime.run({ source: one });
  await platform.runtime.run({ source: two });
  const [first, second] = [platform.client(First), platform.client(Second)];
  for (let n = 0; n < 3; n += 1) {
    assert.deepEqual(await first.hello({ name: "Ann" }), { by: "1.0.0" });
    assert.deepEqual(await second.hello({ id: n }), { by: "2.0.0" });
  }
  assert.match((await reef("services")).stdout, /greeter\s+1\.0\.0, 2\.0\.0\s+2\/2/);
  assert.match((await reef("greeter", "hello", "--id=1")).stdout, /"by":"2\.0\.0"/);
  assert.match((await reef("greeter@1", "hello", "--name=Ann")).stdout, /"by":"1\.0\.0"/);
  const missing = await reef("greeter@3", "hello");
  assert.match(missing.stderr, /Cannot find version 3 of "greeter": 1\.0\.0, 2\.0\.0 is there/);

  await programs.write("greeter.ts", "1.1.0", "{ name: t.string(), title: t.string() }");
  await assert.rejects(platform.runtime.update("greeter"), {
    code: "failed_precondition",
    message:
      /Cannot register greeter 1\.1\.0: .*hello input\.title is new and required.*give it version 2\.0\.0/,
  });
  assert.deepEqual(await first.hello({ name: "Ann" }), { by: "1.0.0" });

  await programs.write("greeter.ts", "1.1.0", "{ name: t.string(), title: t.string().optional() }");
  await platform.runtime.update("greeter");
  assert.deepEqual(await first.hello({ name: "Ann" }), { by: "1.1.0" });

  // A caller waits for its version, and is not given another one meanwhile.
  const restarted = platform.runtime.restart("greeter");
  assert.deepEqual(await first.hello({ name: "Ann" }), { by: "1.1.0" });
  await restarted;
  await platform.runtime.kill("greeter-v2");
  await assert.rejects(second.hello({ id: 1 }, { timeoutMs: 200 }), { maybeExecuted: false });
});
