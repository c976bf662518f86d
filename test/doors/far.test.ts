/** The blocks are behind the doors wherever they run, and wherever the doors are. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";

import { AuthContract } from "../../src/blocks/auth/contract.ts";
import { createLogger } from "../../src/core/log.ts";
import { openPlatform, type Platform } from "../../src/framework/platform.ts";
import type { PartName } from "../../src/server/profile.ts";
import { startPart } from "../../src/server/start-part.ts";
import { startServer } from "../../src/server/start-server.ts";
import { openStateFolder, runReef } from "../test-command.ts";

const log = createLogger({ write: () => {} });

const places: { readonly [name: string]: readonly PartName[] } = {
  "in the process of the platform": [],
  "in processes of their own": ["store", "auth", "namespaces", "runtime", "gateway", "proxy"],
};

for (const [place, exclude] of Object.entries(places)) {
  test(`who logs in reaches the store through both entrances, ${place}`, async () => {
    await using stack = new AsyncDisposableStack();
    const { path: state } = stack.use(await openStateFolder());
    const options = { state, port: 0, proxyPort: 0, log };
    const server = stack.use(await startServer({ ...options, exclude }));
    const urls = new Map<string, string | undefined>();
    const started = exclude.map(async (name) => {
      const part = await startPart(name, options);
      stack.defer(async () => void (await part.stop()));
      urls.set(name, part.url);
    });
    await Promise.all([...started, server.whenComplete()]);
    const gateway = urls.get("gateway") ?? server.gateway ?? "";
    const proxy = urls.get("proxy") ?? server.proxy ?? "";
    const secret = (await readFile(join(state, "owner.secret"), "utf8")).trim();
    const login = { id: "user:owner", secret };
    const { accessToken } = await ask(`${proxy}/auth.v1.Auth/Login`, login);
    const headers = { authorization: `Bearer ${String(accessToken)}` };
    const key = "aGk=";
    await ask(`${gateway}/store/put`, { table: "t", key, value: "eW91" }, headers);
    const { entry } = await ask(`${proxy}/store.v1.Store/Get`, { table: "t", key }, headers);
    assert.equal((entry as { value: string }).value, "eW91");
    const refused = await fetch(`${gateway}/store/tables`, { method: "POST" });
    assert.equal(refused.status, 401);
    const described = await runReef(["describe", "store", "put", "--state", state]);
    assert.match(described.stdout, /expectedRevision/);
    await using owner = await openPlatform({ state });
    await owner.namespaces.create({ name: "acme" });
    assert.equal(await owner.namespaces.delete("acme"), true);
    await actsForAnn(owner, state);
    await saysWhoDecided(owner);
  });
}

/** Each door says what it has decided by its own name, wherever it and auth are. */
async function saysWhoDecided(owner: Platform): Promise<void> {
  const wanted = { resource: "block:store" };
  const decided = async () =>
    (await owner.auth.audit(wanted)).items.map(
      ({ event, subject, resource, by }) => `${event} ${subject} ${resource} ${by}`,
    );
  const all = [
    "call allowed user:owner block:store:put edge:gateway",
    "call allowed user:owner block:store:get edge:proxy",
    "call refused nobody block:store:tables edge:gateway",
    "call allowed user:owner block:store:get blocks",
  ];
  let told = await decided();
  for (let look = 0; look < 200 && !all.every((line) => told.includes(line)); look += 1) {
    // oxlint-disable-next-line no-await-in-loop
    await setTimeout(25);
    // oxlint-disable-next-line no-await-in-loop
    told = await decided();
  }
  assert.deepEqual(
    all.filter((line) => !told.includes(line)),
    [],
    told.join("\n"),
  );
}

/** Auth hears who acts, wherever it runs, and nobody says so himself. */
async function actsForAnn(owner: Platform, state: string): Promise<void> {
  const [ann = "", trip = ""] = await Promise.all(
    ["user:ann", "service:trip"].map(async (id) => {
      await owner.auth.createAccount({ id, scopes: id === "user:ann" ? [] : ["service"] });
      return (await owner.auth.issue(id)).accessToken;
    }),
  );
  const noted = (await owner.auth.audit()).items.find(({ subject }) => subject === "user:ann");
  assert.deepEqual([noted?.event, noted?.by], ["issue", "user:owner"]);
  const credentials = { token: () => trip, onChange: () => ({ [Symbol.dispose]() {} }) };
  await using platform = await openPlatform({ state, credentials });
  await using auth = platform.client(AuthContract);
  const { token } = await auth.exchange({ token: ann, audience: "trip" });
  const acting = await auth.exchange({ token, audience: "bank" });
  const [, claims = ""] = acting.token.split(".");
  assert.match(Buffer.from(claims, "base64url").toString(), /"act":"trip"/);
  const { token: banks } = await auth.exchange({ token: ann, audience: "bank" });
  const refused = { code: "permission_denied" };
  for (const more of [{}, { actor: { account: "service:bank", namespace: "default" } }]) {
    // oxlint-disable-next-line no-await-in-loop -- in turn, so that a failure says which
    await assert.rejects(auth.exchange({ token: banks, audience: "trip", ...more }), refused);
  }
}

/** Who comes before the doorkeeper has heard from auth is told to come again. */
async function ask(url: string, input: object, headers = {}): Promise<{ [name: string]: unknown }> {
  const send = () =>
    fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(input),
    });
  let response = await send();
  while (response.status === 503) response = await send();
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return JSON.parse(text) as { [name: string]: unknown };
}
