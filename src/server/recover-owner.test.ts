import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { createLogger } from "../core/log.ts";
import { openPlatform, type Platform } from "../framework/platform.ts";
import { stateFolder } from "../framework/state-folder.ts";
import { recoverOwner } from "./recover-owner.ts";
import { startServer } from "./start-server.ts";

const log = createLogger({ write: () => {} });
const nobody = { token: () => undefined, onChange: () => ({ [Symbol.dispose]() {} }) };

async function openFolder() {
  const path = await mkdtemp(join(tmpdir(), "reef-"));
  return {
    path,
    state: stateFolder(path, {}),
    secret: async () => (await readFile(join(path, "owner.secret"), "utf8")).trim(),
    start: () => startServer({ state: path, port: 0, proxyPort: 0, log }),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true }),
  };
}

async function login(state: string, secret: string): Promise<string> {
  await using platform = await openPlatform({ state, credentials: nobody });
  return (await platform.auth.login("user:owner", secret)).accessToken;
}

/** Everything that an owner can do to himself. */
async function lockOut({ auth }: Platform): Promise<void> {
  const force = { force: true };
  await auth.deleteRule("login", force);
  await auth.changeAccount("user:owner", { scopes: ["staff"], disabled: true }, force);
}

test("recoverOwner() lets the owner in again while the platform runs, and only where its folder can be read", async () => {
  await using folder = await openFolder();
  await using server = await folder.start();
  void server;
  const { state } = folder;
  const old = await folder.secret();
  await login(folder.path, old);
  {
    await using owner = await openPlatform({ state: folder.path });
    await owner.auth.putRule(
      {
        id: "nobody",
        scope: "",
        resource: { type: "block", name: "*", endpoint: "*" },
        access: "denied",
        priority: 1_000,
      },
      { force: true },
    );
  }
  await assert.rejects(login(folder.path, old), { code: "unauthenticated" });
  const done = await recoverOwner({ state });
  assert.deepEqual([done.account, done.running], ["user:owner", true]);
  assert.match(done.did.join("\n"), /has a new secret.*\n.*rule "nobody" kept owners out/);
  const secret = await folder.secret();
  assert.equal((await stat(done.file)).mode & 0o777, 0o600);
  assert.ok(!JSON.stringify(done).includes(secret));
  await assert.rejects(login(folder.path, old), { code: "unauthenticated" });
  assert.ok(await login(folder.path, secret));
  await using owner = await openPlatform({ state: folder.path });
  const { items } = await owner.auth.audit();
  const noted = items.map(({ event, subject }) => `${event} ${subject}`);
  assert.ok(noted.includes("secret renewed user:owner") && noted.includes("rule deleted nobody"));
});

test("recoverOwner() works on the store of a platform that does not run, and says where there is none", async () => {
  await using folder = await openFolder();
  await assert.rejects(recoverOwner({ state: folder.state }), {
    code: "not_found",
    message: /no platform was ever started with the state folder/,
  });
  {
    await using server = await folder.start();
    void server;
    await using owner = await openPlatform({ state: folder.path });
    await lockOut(owner);
  }
  const done = await recoverOwner({ state: folder.state });
  assert.equal(done.running, false);
  assert.match(
    done.did.join("\n"),
    /was disabled.*\n.*scope "owner" again\n.*\n.*first rule "login"/,
  );
  await using server = await folder.start();
  void server;
  assert.ok(await login(folder.path, await folder.secret()));
});
