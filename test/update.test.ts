/** A service is updated again and again while it is called, and no caller notices. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { AuthContract } from "../src/blocks/auth/contract.ts";
import type { RunOptions } from "../src/blocks/runtime/index.ts";
import { contract, method, t } from "../src/index.ts";
import { ReefError } from "../src/core/errors.ts";
import { openPlatform, type Platform } from "../src/framework/platform.ts";
import { soon } from "../src/testing/soon.ts";
import { openStateFolder, root, startPlatform } from "./test-command.ts";

const updates = 20;

const callsPerSecond = 200;

const Version = contract(
  "version",
  {
    idempotent: method({ output: t.object({ version: t.integer() }), idempotent: true }),
    once: method({ output: t.object({ version: t.integer() }) }),
  },
  { version: "1.0.0" },
);

/**
 * A service that says which version of its text it is; some calls take a moment, so that updates find them under way.
 */
function textOf(version: number): string {
  return `
import { contract, method, serve, service, t } from "${join(root, "src", "index.ts")}";
const Version = contract("version", {
  idempotent: method({ output: t.object({ version: t.integer() }), idempotent: true }),
  once: method({ output: t.object({ version: t.integer() }) }),
}, { version: "1.0.0" });
const answer = { version: ${version} };
let calls = 0;
await serve(service(Version, {
  idempotent: () => answer,
  async once() {
    if (calls++ % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 300));
    return answer;
  },
}));
`;
}

async function openVersions() {
  // Below the checkout, where its own modules are found as they are.
  const folder = await mkdtemp(join(root, "test", "reef-"));
  const path = join(folder, "version.ts");
  return {
    path,
    write: (text: string) => writeFile(path, text),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

test(`${updates} updates at ${callsPerSecond} calls a second: none fails, and the address stays, as keys rotate`, async (t) => {
  await using program = await openVersions();
  await program.write(textOf(0));
  await using state = await openStateFolder();
  await using _ = await startPlatform(state.path);
  await using platform = await openPlatform({ state: state.path });
  const first = await platform.runtime.run({ source: program.path });
  const [address] = await addressesOf(platform);
  const ann = await openAnn(platform);
  const load = startLoad(platform, ann);
  const pids = new Set([first.pid]);
  for (let version = 1; version <= updates; version += 1) {
    if (version === 1) await rotateKeys(platform);
    await program.write(textOf(version));
    await ann.renew();
    const { pid, restarts } = await platform.runtime.update("version");
    pids.add(pid);
    assert.equal(restarts, version);
    assert.deepEqual(await addressesOf(platform), [address]);
    await using client = platform.client(Version);
    assert.deepEqual(await client.once({}), { version });
  }
  await soon("Another key", untilSignedOtherwise(ann));
  await using client = platform.client(Version);
  assert.deepEqual(await client.idempotent({}, { as: ann.token }), { version: updates });
  const { calls, errors, slowestMs } = await load.stop();
  t.diagnostic(
    `${calls} calls, ${errors.length} failed, the slowest took ${Math.round(slowestMs)} ms`,
  );
  assert.deepEqual(errors, []);
  assert.equal(pids.size, updates + 1);
});

/** Somebody who calls with a token of now, and knows which keys have signed his. */
async function openAnn({ auth }: Platform) {
  await auth.createAccount({ id: "user:ann" });
  const ann = {
    token: "",
    keys: new Set<string>(),
    async renew() {
      ann.token = (await auth.issue("user:ann")).accessToken;
      ann.keys.add(ann.token.split(".", 1)[0] ?? "");
    },
  };
  await ann.renew();
  return ann;
}

type Ann = Awaited<ReturnType<typeof openAnn>>;

async function rotateKeys(platform: Platform): Promise<void> {
  await using auth = platform.client(AuthContract);
  await auth.rotateKeys({});
}

/** A new key is published ten seconds before it signs: most of them are over by then. */
async function untilSignedOtherwise(ann: Ann): Promise<void> {
  while (ann.keys.size < 2) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    await ann.renew();
  }
}

test("update() that cannot be checked, crashes or hangs leaves the old process and its address", async () => {
  await using program = await openVersions();
  await program.write(textOf(0));
  await using state = await openStateFolder();
  await using _ = await startPlatform(state.path);
  await using platform = await openPlatform({ state: state.path });
  const before = await platform.runtime.run({ source: program.path });
  const addresses = await addressesOf(platform);
  const load = startLoad(platform);
  // Only what hangs is to be late; on a busy machine a crash takes its time, too.
  const bad: [text: string, reason: string, options?: RunOptions][] = [
    ["const x: number = ;", "not_built"],
    [`throw new Error("bad change");`, "crashed"],
    ["setInterval(() => {}, 1e6);", "not_ready", { readyTimeoutMs: 1_500 }],
  ];
  for (const [text, reason, options] of bad) {
    await program.write(text);
    await assert.rejects(platform.runtime.update("version", {}, options), { reason });
    const { items } = await platform.runtime.list();
    assert.deepEqual(items, [before]);
    assert.deepEqual(await addressesOf(platform), addresses);
  }
  const { errors } = await load.stop();
  assert.deepEqual(errors, []);
  await using later = await openPlatform({ state: state.path });
  await using client = later.client(Version);
  assert.deepEqual(await client.once({}), { version: 0 });
});

test("update() builds a package that says how, and shows what its build says", async () => {
  await using program = await openVersions();
  const folder = join(program.path, "..", "built");
  await mkdir(folder);
  const build = `node -e "fs.copyFileSync('source.mjs', 'main.mjs')"`;
  const json = { type: "module", main: "main.mjs", scripts: { build } };
  await writeFile(join(folder, "package.json"), JSON.stringify(json));
  await writeFile(join(folder, "main.mjs"), textOf(1));
  await writeFile(join(folder, "source.mjs"), textOf(2));
  await using state = await openStateFolder();
  await using _ = await startPlatform(state.path);
  await using platform = await openPlatform({ state: state.path });
  await platform.runtime.run({ source: folder });
  await platform.runtime.update("built");
  assert.equal(await readFile(join(folder, "main.mjs"), "utf8"), textOf(2));
  await rm(join(folder, "source.mjs"));
  await assert.rejects(platform.runtime.update("built"), {
    reason: "not_built",
    message: /its build failed.*the present process goes on.*ENOENT/s,
  });
});

async function addressesOf(platform: Platform): Promise<readonly string[]> {
  const name = { namespace: "default", service: "version" };
  const { nodes } = await platform.registry.resolve(name);
  return [...new Set(nodes.flatMap(({ addresses }) => addresses))];
}

/** Calls of both kinds at a steady rate, whatever becomes of them. */
function startLoad(platform: Platform, user?: Ann) {
  const client = platform.client(Version);
  const errors: ReefError[] = [];
  const underway = new Set<Promise<unknown>>();
  let calls = 0;
  let slowestMs = 0;
  function send(call: () => Promise<unknown>): void {
    const sentAt = performance.now();
    calls += 1;
    const going = call()
      .catch((error: unknown) => errors.push(ReefError.from(error)))
      .finally(() => {
        slowestMs = Math.max(slowestMs, performance.now() - sentAt);
        underway.delete(going);
      });
    underway.add(going);
  }
  const timer = setInterval(() => {
    send(() => client.idempotent({}));
    send(() => client.once({}));
    if (user) send(() => client.idempotent({}, { as: user.token }));
  }, 2_000 / callsPerSecond);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(underway);
      return { calls, errors, slowestMs };
    },
  };
}
