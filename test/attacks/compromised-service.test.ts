/** What somebody can do who has taken over a service, with all that it has and is shown: its own harm, and no more. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { AuthContract } from "../../src/blocks/auth/contract.ts";
import { RegistryContract } from "../../src/blocks/registry/contract.ts";
import type { Node } from "../../src/blocks/registry/index.ts";
import { t } from "../../src/contract/builder.ts";
import { type Contract, contract } from "../../src/contract/contract.ts";
import { method } from "../../src/contract/method.ts";
import { DeadlineSweep } from "../../src/core/deadline.ts";
import { ReefError } from "../../src/core/errors.ts";
import type { Caller, CredentialSource } from "../../src/core/identity.ts";
import { createLogger } from "../../src/core/log.ts";
import { openPlatform, type Platform } from "../../src/framework/platform.ts";
import { serve } from "../../src/framework/serve.ts";
import { createAddressRoute } from "../../src/rpc/address-route.ts";
import { type Client, createClient } from "../../src/rpc/client.ts";
import { ConnectionPool } from "../../src/rpc/connection-pool.ts";
import { service } from "../../src/rpc/service.ts";
import { openConnection } from "../../src/rpc/wire/connect.ts";
import { rawMethod, openRawCaller, rawCall } from "../../src/rpc/wire/test-raw-peer.ts";
import { frame } from "../../src/rpc/wire/frames.ts";
import { startServer } from "../../src/server/start-server.ts";
import { openStateFolder } from "../test-command.ts";

const stack = new AsyncDisposableStack();
const log = createLogger({ write: () => {} });
const text = t.object({ text: t.string() });
const Bank = contract("bank", { ask: method({ output: text }) });

let gateway = "";
let bankAddress = "";
let owner: Platform;
let registry: Client<typeof RegistryContract>;
let auth: Client<typeof AuthContract>;
/** That of the service `trip`. */
let own = "";
/** What it is shown when Ann calls it through an entrance. */
let shown = "";
/** What it makes of that to call the bank on her behalf. */
let subject = "";
let ann = "";

before(async () => {
  const { path: state } = stack.use(await openStateFolder());
  const server = stack.use(await startServer({ state, port: 0, proxyPort: 0, log }));
  gateway = server.gateway ?? "";
  owner = stack.use(await openPlatform({ state }));
  const tokenOf = async (id: string, scopes: readonly string[]) => {
    await owner.auth.createAccount({ id, scopes });
    return (await owner.auth.issue(id)).accessToken;
  };
  own = await tokenOf("service:trip", ["service"]);
  ann = await tokenOf("user:ann", []);
  const credentials = always(await tokenOf("service:bank", ["service"]));
  const platform = stack.use(await openPlatform({ state, credentials }));
  const bank = service(Bank, {
    ask: (_, { caller, subject }) => ({ text: `${idOf(caller)} for ${idOf(subject)}` }),
  });
  const options = { platform, listen: ["tcp://127.0.0.1:0"], stopOnSignals: false, log };
  [bankAddress = ""] = stack.use(await serve(bank, options)).addresses;
  const pool = stack.use(
    new ConnectionPool((to, signal) => openConnection(to, { signal, credentials: always(own) })),
  );
  const thief = {
    route: createAddressRoute(owner.control, pool),
    deadlines: new DeadlineSweep(),
  };
  registry = createClient(RegistryContract, { ...thief, namespace: "reef" });
  auth = createClient(AuthContract, { ...thief, namespace: "default" });
  shown = (await auth.exchange({ token: ann, audience: "trip" })).token;
  subject = (await auth.exchange({ token: shown, audience: "bank" })).token;
});
after(() => stack.disposeAsync());

function idOf(caller: Caller): string {
  return caller.kind === "anonymous" ? "nobody" : caller.id;
}

function always(token: string): CredentialSource {
  return { token: () => token, onChange: () => ({ [Symbol.dispose]() {} }) };
}

const json = { "content-type": "application/json" };

async function post(url: string, token: string): Promise<number> {
  const headers = { ...json, authorization: `Bearer ${token}` };
  const response = await fetch(url, { method: "POST", headers, body: "{}" });
  await response.text();
  return response.status;
}

test("what a service is shown of its caller opens nothing elsewhere, by any way of showing it", async () => {
  const port = bankAddress.replace("tcp:", "http:");
  for (const token of [shown, subject]) {
    for (const url of [
      `${gateway}/bank/ask`,
      `${gateway}/store/tables`,
      `${port}/bank.v0.Bank/Ask`,
    ]) {
      // oxlint-disable-next-line no-await-in-loop -- in turn, so that a failure says which
      assert.equal(await post(url, token), 401, url);
    }
    const credentials = always(token);
    // oxlint-disable-next-line no-await-in-loop
    await using connection = await openConnection(bankAddress, { credentials }).catch(sentAway);
    if (!connection) continue;
    const bank = createClient(Bank, { route: connection, deadlines: new DeadlineSweep() });
    // oxlint-disable-next-line no-await-in-loop
    await assert.rejects(async () => bank.ask(), { code: "unauthenticated" });
  }
  assert.equal(await post(`${gateway}/bank/ask`, ann), 200);
});

/** It is not even greeted. */
function sentAway(error: unknown): undefined {
  assert.equal(ReefError.from(error).code, "unauthenticated");
}

test("a token in the place of a subject token acts for nobody", async () => {
  const { token: pass } = await auth.exchange({ token: own, audience: "bank" });
  await using peer = await openRawCaller(bankAddress, {
    credentials: { scheme: "token", token: pass },
  });
  peer.send(rawMethod(1, "ask", { service: "bank", version: "0.0.0" }));
  peer.send(withSubject(rawCall(1, 1, {}), subject));
  assert.deepEqual(await peer.nextJson(frame.reply), { text: "service:trip for user:ann" });
  for (const [at, token] of [ann, shown, pass, own].entries()) {
    peer.send(withSubject(rawCall(at + 2, 1, {}), token));
    // oxlint-disable-next-line no-await-in-loop
    const { code } = await peer.nextJson(frame.error);
    assert.equal(code, "unauthenticated");
  }
});

/** The call with a subject token before its body. */
function withSubject(call: Buffer, token: string): Buffer {
  const [header, fixed, body] = [call.subarray(0, 12), call.subarray(12, 18), call.subarray(18)];
  const bytes = Buffer.from(token);
  const length = Buffer.alloc(2);
  length.writeUInt16LE(bytes.length, 0);
  const made = Buffer.concat([header, fixed, length, bytes, body]);
  made.writeUInt32LE(made.length - 12, 0);
  made[5] = 0x04;
  return made;
}

test("auth gives a service no token but its own, narrower, and that of one who called it", async () => {
  const forBank = (await auth.exchange({ token: ann, audience: "bank" })).token;
  for (const [token, audience] of [
    [forBank, "trip"],
    [forBank, "store"],
    [subject, "trip"],
    [subject, "auth"],
  ] as const) {
    // oxlint-disable-next-line no-await-in-loop
    await assert.rejects(async () => auth.exchange({ token, audience }), {
      code: "permission_denied",
    });
  }
});

/** Lists a node until it is disposed. */
async function list(name: string, promise: Contract["descriptor"], more: Partial<Node> = {}) {
  const made = contract(name, {});
  const node: Node = {
    id: `${name}-stolen`,
    namespace: "default",
    service: name,
    version: "0.0.0",
    state: "ready",
    addresses: ["tcp://127.0.0.1:9"],
    contractDigest: made.digest,
    metadata: {},
    ...more,
  };
  const done = Promise.withResolvers<void>();
  async function* say() {
    // A descriptor is plain JSON, which its own type does not say.
    yield { say: { register: { node, contract: promise as object as never } } };
    await done.promise;
  }
  const answers = registry.hold(say())[Symbol.asyncIterator]();
  await answers.next();
  return {
    async [Symbol.asyncDispose]() {
      done.resolve();
      await answers.return?.();
    },
  };
}

test("a service is not listed under the name of another, of the platform, or elsewhere", async () => {
  const { descriptor, digest: contractDigest } = contract("bank", {});
  const refused = { code: "permission_denied" };
  await assert.rejects(list("bank", descriptor, { contractDigest }), refused);
  for (const name of ["auth", "store", "registry"]) {
    // oxlint-disable-next-line no-await-in-loop
    await assert.rejects(list(name, descriptor, { contractDigest }), refused);
  }
  for (const namespace of ["reef", "nowhere"]) {
    // oxlint-disable-next-line no-await-in-loop
    await assert.rejects(list("trip", descriptor, { contractDigest, namespace }));
  }
  await using own = await list("trip", descriptor, { contractDigest });
  assert.ok(own);
});

test("a pattern that takes for ever is run by no entrance", async () => {
  const Slow = contract("trip", {
    ask: method({
      input: t.object({ a: t.string({ pattern: /^(a+)+$/ }) }),
      output: text,
      http: "GET /ask/{a}",
    }),
  });
  await using own = await list("trip", Slow.descriptor, { contractDigest: Slow.digest });
  assert.ok(own);
  const a = `${"a".repeat(60)}!`;
  const headers = { ...json, "x-timeout-ms": "100" };
  const body = JSON.stringify({ a });
  for (const asking of [
    () => fetch(`${gateway}/trip/ask`, { method: "POST", headers, body }),
    () => fetch(`${gateway}/trip/ask/${a}`, { headers: { "x-timeout-ms": "100" } }),
  ]) {
    // oxlint-disable-next-line no-await-in-loop
    const { status } = await asking();
    assert.ok(status === 503 || status === 504, `${status}`);
  }
});
