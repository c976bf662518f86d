/**
 * What a person or a stranger can do wrong, on a real platform: each gets a clear answer, and nothing runs or breaks.
 */
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { openStateFolder, runReef, startPlatform } from "./test-command.ts";

const index = new URL("../src/index.ts", import.meta.url).href;

/** Programs that are no good services, by file name. */
const programs: { readonly [name: string]: string } = {
  "crash.ts": 'console.log("before"); throw new Error("boom");',
  "hang.ts": "setInterval(() => {}, 1_000);",
  "refused.ts": `
    import { contract, method, t } from "${index}";
    contract("refused", { bad: method({ input: t.string() }) });`,
};

let state: Awaited<ReturnType<typeof openStateFolder>>;
let platform: Awaited<ReturnType<typeof startPlatform>>;

before(async () => {
  state = await openStateFolder();
  for (const [name, text] of Object.entries(programs))
    await writeFile(join(state.path, name), text);
  await mkdir(join(state.path, "empty"));
  platform = await startPlatform(join(state.path, "reef"), ["examples/hello/greeter.ts"]);
  await platform.printed(/All are ready/);
});

after(async () => {
  await platform[Symbol.asyncDispose]();
  await state[Symbol.asyncDispose]();
});

/** A command, its exit code, and what it says on standard error. */
const commands: readonly (readonly [words: string, code: number, says: readonly RegExp[]])[] = [
  ["servr", 2, [/Unknown command "servr"/, /did you mean "server"/, /try: reef/]],
  ["run --nmae x", 2, [/Unknown flag --nmae/, /did you mean "--name"/]],
  ["run FOLDER/empty", 1, [/no service was found in this folder/, /service\.ts/]],
  ["run FOLDER/nowhere.ts", 1, [/there is no such file or folder/]],
  ["run FOLDER/crash.ts", 1, [/exit code 1/, /Error: boom/, /taken out again/, /crash\.log/]],
  ["run FOLDER/hang.ts --timeout 500ms", 1, [/was not ready within 500 ms/, /serve\(\)/]],
  ["run FOLDER/refused.ts", 1, [/refused\.bad\.input/, /a message is an object/]],
  ["greeter helo", 2, [/no method "helo"/, /did you mean "hello"/]],
  ["greeter hello --nam=x", 2, [/Unknown flag --nam/, /did you mean "--name"/]],
  ["greeter hello", 2, [/Missing --name/]],
  ["call greeter hello {bad", 1, [/not JSON/]],
  ['call greeter hello {"name":5}', 1, [/name: must be a string, is 5/]],
  ["kill nobody", 1, [/it is not running/, /try: reef list/]],
  ["server", 1, [/a platform already runs/, /reef status/]],
];

test("the command line answers bad input clearly", async (t) => {
  for (const [words, code, says] of commands) {
    await t.test(`reef ${words}`, async () => {
      const args = words.split(" ").map((word) => word.replace("FOLDER", state.path));
      const finished = await runReef([...args, "--state", join(state.path, "reef")]);
      assert.equal(finished.code, code, finished.stderr);
      for (const pattern of says) assert.match(finished.stderr, pattern);
    });
  }
});

test("what failed at its start is not kept", async () => {
  const { stdout } = await runReef(["list", "--json", "--state", join(state.path, "reef")]);
  assert.match(stdout, /"greeter"/);
  assert.doesNotMatch(stdout, /crash|hang|refused/);
});

test("reef server names the program that has its port", async () => {
  const owner = createServer().listen(0, "127.0.0.1");
  await once(owner, "listening");
  const { port } = owner.address() as AddressInfo;
  const { code, stderr } = await runReef([
    "server",
    "--state",
    join(state.path, "second"),
    "--port",
    String(port),
    // The one behind it may be somebody's, too.
    "--proxy-port",
    "0",
  ]);
  owner.close();
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(process.platform === "linux" ? `pid ${process.pid}` : "port"));
});

const json = { "content-type": "application/json" };
const deep = `{"name":${"[".repeat(10_000)}${"]".repeat(10_000)}}`;

/** A request, its status, and what the problem says. */
const requests: readonly (readonly [
  name: string,
  path: string,
  init: RequestInit,
  status: number,
  says: RegExp,
])[] = [
  [
    "invalid JSON",
    "/greeter/hello",
    { method: "POST", headers: json, body: "{bad" },
    400,
    /not JSON/,
  ],
  [
    "a wrong type",
    "/greeter/hello",
    { method: "POST", headers: json, body: '{"name":5}' },
    400,
    /"path":"name"/,
  ],
  [
    "a body of 10 MB",
    "/greeter/hello",
    { method: "POST", headers: json, body: "x".repeat(10_000_000) },
    413,
    /limit is 1048576/,
  ],
  [
    "depth 10,000",
    "/greeter/hello",
    { method: "POST", headers: json, body: deep },
    400,
    /must be a string/,
  ],
  [
    "an encoded slash",
    "/greeter%2Fhello",
    { method: "POST", headers: json, body: "{}" },
    400,
    /path/,
  ],
  [
    "a block without a token",
    "/runtime/run",
    { method: "POST", headers: json, body: '{"source":"/bin/true"}' },
    401,
    /unauthenticated/,
  ],
  [
    "another block without a token",
    "/registry/list",
    { method: "POST", headers: json, body: "{}" },
    401,
    /unauthenticated/,
  ],
  [
    "a form",
    "/greeter/hello",
    {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "name=x",
    },
    415,
    /application\/json/,
  ],
  [
    "a page elsewhere",
    "/greeter/hello",
    { method: "POST", headers: { ...json, origin: "http://evil.example" }, body: '{"name":"x"}' },
    403,
    /evil\.example/,
  ],
  [
    "an unknown service",
    "/greter/hello",
    { method: "POST", headers: json, body: "{}" },
    404,
    /did you mean/,
  ],
  ["a wrong verb", "/greeter/hello", { method: "DELETE" }, 405, /POST/],
];

test("the gateway answers bad requests with a problem", async (t) => {
  for (const [name, path, init, status, says] of requests) {
    await t.test(name, async () => {
      const response = await fetch(`${platform.gateway}${path}`, init);
      assert.equal(response.status, status);
      assert.equal(response.headers.get("content-type")?.split(";")[0], "application/problem+json");
      assert.match(await response.text(), says);
    });
  }
});

test("the platform goes on as if nothing had been", async () => {
  const response = await fetch(`${platform.gateway}/greeter/hello/Ann`);
  assert.deepEqual(await response.json(), { message: "Hello Ann" });
});
