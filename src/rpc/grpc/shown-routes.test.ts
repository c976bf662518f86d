/** What the port of a service says of itself, and to whom. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { entranceResource, type EntrancePage, type Rule } from "../../core/access-rules.ts";
import { mayCall, openGuardedServer } from "../wire/test-guarded.ts";
import { jsonEnvelope, openHttp2Caller } from "./test-caller.ts";

const form = { "content-type": "application/grpc+json", te: "trailers" };
const unauthenticated = "16";
const denied = "7";
const unimplemented = "12";

function mayRead(page: EntrancePage, scope = ""): Rule {
  const base = { access: "granted" as const, priority: 0 };
  return { id: `${page}-${scope}x`, scope, resource: entranceResource(page), ...base };
}

async function openPort(rules: readonly Rule[]) {
  const server = await openGuardedServer({}, [mayCall("staff"), ...rules]);
  const caller = openHttp2Caller(server.address);
  async function ask(
    path: string,
    message: object,
    headers: { readonly [name: string]: string } = {},
  ) {
    const answer = await caller.post(path, { ...form, ...headers }, jsonEnvelope(message));
    const status = answer.trailers["grpc-status"] ?? answer.headers["grpc-status"];
    const words = answer.trailers["grpc-message"] ?? answer.headers["grpc-message"];
    return { status: String(status), text: `${String(words)} ${answer.body.toString()}` };
  }
  return {
    server,
    bearer: async (id: string, scopes?: readonly string[]) => ({
      authorization: `Bearer ${await server.token(id, scopes)}`,
    }),
    reflection: (headers?: { readonly [name: string]: string }) =>
      ask(
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        { listServices: "" },
        headers,
      ),
    health: () => ask("/grpc.health.v1.Health/Check", {}),
    nowhere: (headers?: { readonly [name: string]: string }) => ask("/none.such/None", {}, headers),
    async [Symbol.asyncDispose]() {
      await caller[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

test("a port tells nobody what it has when no rule says so, neither by reflection nor by a refusal", async () => {
  await using it = await openPort([]);
  for (const answer of [await it.reflection(), await it.health(), await it.nowhere()]) {
    assert.equal(answer.status, unauthenticated);
    assert.match(decodeURIComponent(answer.text), /Cannot say what is here: not without a token/);
    assert.doesNotMatch(answer.text, /probe/i);
  }
  const ann = await it.bearer("user:ann");
  assert.equal((await it.reflection(ann)).status, denied);
  assert.equal((await it.nowhere(ann)).status, denied);
});

test("rules let some read contracts, and everybody ask whether it takes calls", async () => {
  await using it = await openPort([mayRead("health"), mayRead("contracts", "staff")]);
  assert.match((await it.health()).text, /SERVING/);
  assert.equal((await it.reflection()).status, unauthenticated);
  const ann = await it.bearer("user:ann", ["staff"]);
  assert.match((await it.reflection(ann)).text, /probe\.v1\.Probe/);
  assert.equal((await it.nowhere(ann)).status, denied);
});

test("a rule for everybody opens all of it again", async () => {
  const resource = { type: "block", name: "entrance", endpoint: "*" };
  await using it = await openPort([{ ...mayRead("services"), resource }]);
  assert.match((await it.reflection()).text, /probe\.v1\.Probe/);
  const { status, text } = await it.nowhere();
  assert.deepEqual([status, /probe/.test(text)], [unimplemented, true]);
});
