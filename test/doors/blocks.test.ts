/** The blocks through every entrance: by the rules, and each caller in his own namespace. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Validator } from "@seriousme/openapi-schema-validator";

import { StoreContract } from "../../src/blocks/store/contract.ts";
import { type Doors, openDoors, people, type Person, secret } from "./open-doors.ts";
import {
  askedOf,
  type Entrance,
  entrancesOf,
  type Headers,
  type Outcome,
  outcomeOf,
} from "./entrances.ts";

let doors: Doors;
let entrances: readonly Entrance[];
const tokens = new Map<Person, string>();

before(async () => {
  doors = await openDoors();
  entrances = entrancesOf(doors);
  for (const person of Object.keys(people) as Person[]) {
    tokens.set(person, await doors.tokenOf(person));
  }
});

after(async () => {
  await Promise.all(entrances.map((each) => each[Symbol.asyncDispose]()));
  await doors[Symbol.asyncDispose]();
});

function bearer(person: Person | undefined, namespace?: string): Headers {
  const token = person && tokens.get(person);
  return {
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(namespace !== undefined && { "reef-namespace": namespace }),
  };
}

interface Row {
  readonly who: Person | undefined;
  readonly namespace?: string;
  readonly outcome: Outcome;
}

const rows: readonly Row[] = [
  { who: undefined, outcome: "unauthenticated" },
  { who: undefined, namespace: "default", outcome: "unauthenticated" },
  { who: undefined, namespace: "acme", outcome: "unauthenticated" },
  { who: "ann", outcome: "permission_denied" },
  { who: "keeper", outcome: "in" },
  { who: "keeper", namespace: "default", outcome: "in" },
  { who: "keeper", namespace: "acme", outcome: "permission_denied" },
  { who: "keeper", namespace: "reef", outcome: "permission_denied" },
  { who: "keeper", namespace: "nowhere", outcome: "permission_denied" },
  { who: "keeper", namespace: "", outcome: "permission_denied" },
  { who: "keeper", namespace: "default, acme", outcome: "permission_denied" },
  { who: "owner", outcome: "in" },
  { who: "owner", namespace: "acme", outcome: "in" },
  { who: "owner", namespace: "reef", outcome: "permission_denied" },
  { who: "owner", namespace: "nowhere", outcome: "permission_denied" },
  { who: "tenant", outcome: "in" },
  { who: "tenant", namespace: "acme", outcome: "in" },
  { who: "tenant", namespace: "default", outcome: "permission_denied" },
];

/** Of the store, a unary method and a stream. */
const wanted = [
  askedOf(StoreContract, "get", { table: "t", key: "aGk=" }),
  askedOf(StoreContract, "watch", { table: "t" }),
];

test("a block is open at every entrance to whom the rules let in, in the namespace of that one", async () => {
  for (const { who, namespace, outcome } of rows) {
    const headers = bearer(who, namespace);
    const got = entrances.map(async (each) => {
      const asked = wanted.find(({ kind }) => each.takes(kind)) ?? assert.fail(each.name);
      return [each.name, outcomeOf(await each.ask(asked, headers))] as const;
    });
    // oxlint-disable-next-line no-await-in-loop -- a row at a time, so that a failure says which
    const outcomes = Object.fromEntries(await Promise.all(got));
    const expected = Object.fromEntries(entrances.map((each) => [each.name, outcome]));
    assert.deepEqual(outcomes, expected, `${who ?? "nobody"} in ${namespace ?? "his own"}`);
  }
});

async function ask(path: string, input: object, headers: Headers = {}, url = doors.gateway.url) {
  const response = await fetch(url + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(input),
  });
  return {
    status: response.status,
    answer: (await response.json()) as { [name: string]: unknown },
  };
}

test("what is put through one entrance is got through the other, and is not there in another namespace", async () => {
  const key = Buffer.from("k").toString("base64");
  const value = Buffer.from("of default").toString("base64");
  const put = await ask("/store/put", { table: "t", key, value }, bearer("owner"));
  assert.equal(put.status, 200);
  const at = { table: "t", key };
  const { url } = doors.proxy;
  const got = await ask("/store.v1.Store/Get", at, bearer("keeper"), url);
  assert.deepEqual(got.answer, { entry: { key, value, revision: put.answer["revision"] } });
  assert.deepEqual((await ask("/store/get", at, bearer("tenant"))).answer, {});
  assert.deepEqual((await ask("/store.v1.Store/Get", at, bearer("tenant"), url)).answer, {});
  const near = await doors.store.database("default").table("t").get("k");
  assert.equal(Buffer.from(near?.value ?? []).toString(), "of default");
});

test("who has no token logs in through either entrance, in the namespace that is named", async () => {
  for (const [login, url] of [
    ["/auth/login", doors.gateway.url],
    ["/auth.v1.Auth/Login", doors.proxy.url],
  ] as const) {
    const { id } = people.tenant;
    const headers = { "reef-namespace": "acme" };
    const { answer } = await ask(login, { id, secret }, headers, url);
    const authorization = `Bearer ${String(answer["accessToken"])}`;
    assert.equal((await ask("/store/tables", {}, { authorization })).status, 200);
    const elsewhere = { authorization, "reef-namespace": "default" };
    assert.equal((await ask("/store/tables", {}, elsewhere)).status, 403);
    assert.equal((await ask(login, { id, secret: "a wrong secret" }, headers, url)).status, 401);
  }
});

test("the keys of tokens stand where programs of others look for them", async () => {
  const response = await fetch(`${doors.gateway.url}/.well-known/jwks.json`);
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), await doors.auth.keys());
  const tag = response.headers.get("etag") ?? "";
  const again = { headers: { "if-none-match": tag } };
  assert.equal((await fetch(`${doors.gateway.url}/.well-known/jwks.json`, again)).status, 304);
});

interface Operation {
  readonly security?: readonly object[];
}

test("OpenAPI shows the blocks, and which of their methods want a token", async () => {
  const response = await fetch(`${doors.gateway.url}/openapi.json`);
  // What it is, the validator says.
  const document = (await response.json()) as {
    readonly paths: { readonly [path: string]: { readonly [verb: string]: Operation } };
    readonly components: { readonly securitySchemes: object };
  };
  const { paths, components } = document;
  const { valid, errors } = await new Validator().validate(structuredClone(document));
  assert.deepEqual([valid, errors], [true, undefined]);
  assert.deepEqual(Object.keys(components.securitySchemes), ["bearer"]);
  const security = (path: string) => paths[path]?.["post"]?.security;
  assert.deepEqual(security("/store/put"), [{ bearer: [] }]);
  assert.deepEqual(security("/auth/login"), [{}, { bearer: [] }]);
  assert.deepEqual(security("/vault/open"), [{}, { bearer: [] }]);
});
