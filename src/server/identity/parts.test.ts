import assert from "node:assert/strict";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { callerOf } from "../../core/identity.ts";
import { goodPartsKeys, partsKey, rotatePartsKey } from "./parts-key.ts";
import {
  callersOfParts,
  callersOfPlatform,
  type Insider,
  openPartIdentities,
  type PartIdentities,
} from "./parts.ts";

async function openFolder() {
  const identity = await mkdtemp(join(tmpdir(), "reef-"));
  return { identity, [Symbol.asyncDispose]: () => rm(identity, { recursive: true }) };
}

function may(parts: PartIdentities, name: Insider, resource: string): boolean {
  const known = parts.find(parts.credentials(name).token() as string, callersOfPlatform);
  assert.ok(known?.rules);
  const [block = "", endpoint = ""] = resource.split(":");
  return known.rules.decide(known, { type: "block", name: block, endpoint }).allowed;
}

test("parts of a platform know each other by a key that only its user reads and that stays", async () => {
  await using folder = await openFolder();
  const parts = await openPartIdentities(folder);
  assert.equal((await stat(join(folder.identity, "parts.key"))).mode & 0o777, 0o600);
  const token = parts.credentials("auth").token() as string;
  const again = await openPartIdentities(folder);
  assert.equal(again.find(token, callersOfPlatform)?.account, "service:reef-auth");
  await using other = await openFolder();
  const strange = await openPartIdentities(other);
  for (const wrong of [
    strange.credentials("auth").token() as string,
    token.replace("auth", "runtime"),
    `${token}A`,
    token.slice(0, -1),
    "~part~auth",
    "~part~",
    "",
  ]) {
    assert.equal(parts.find(wrong, callersOfPlatform), undefined, wrong);
  }
});

test("another key takes the place of one that is old, and who read that one just before comes in all the same", async () => {
  await using folder = await openFolder();
  const [platform, part] = [await openPartIdentities(folder), await openPartIdentities(folder)];
  const periodMs = 1_000_000;
  const old = part.credentials("auth").token() as string;
  assert.equal(await rotatePartsKey(folder, { nowMs: Date.now(), periodMs }), false);
  const nowMs = Date.now() + periodMs;
  assert.equal(await rotatePartsKey(folder, { nowMs, periodMs }), true);
  assert.equal(await rotatePartsKey(folder, { nowMs: nowMs + 1, periodMs }), false);
  assert.equal((await stat(join(folder.identity, "parts.key"))).mode & 0o777, 0o600);
  const next = part.credentials("auth").token() as string;
  assert.notEqual(next, old);
  for (const token of [old, next]) {
    assert.equal(platform.find(token, callersOfPlatform)?.account, "service:reef-auth");
  }
  // Long after that the one before the last is worth nothing.
  assert.deepEqual(goodPartsKeys(folder, nowMs + 60_000), [partsKey(folder)]);
  assert.equal(goodPartsKeys(folder, nowMs + 59_999).length, 2);
});

test("a key of an older version is one that is old", async () => {
  await using folder = await openFolder();
  await writeFile(join(folder.identity, "parts.key"), "the-key-alone\n");
  assert.equal(partsKey(folder), "the-key-alone");
  assert.equal(await rotatePartsKey(folder, { nowMs: Date.now(), periodMs: 1_000 }), true);
  assert.notEqual(partsKey(folder), "the-key-alone");
});

test("a name that is none is nobody, although the key proves it", async () => {
  await using folder = await openFolder();
  const parts = await openPartIdentities(folder);
  const made = parts.credentials("constructor" as Insider).token() as string;
  assert.equal(parts.find(made, callersOfPlatform), undefined);
});

test("each part may do what it is there for", async () => {
  await using folder = await openFolder();
  const parts = await openPartIdentities(folder);
  for (const [name, resource, isAllowed] of [
    ["auth", "store:put", true],
    ["auth", "runtime:run", false],
    ["runtime", "auth:issue", true],
    ["runtime", "auth:createAccount", false],
    ["gateway", "auth:exchange", true],
    ["gateway", "registry:watch", true],
    ["gateway", "registry:hold", false],
    ["gateway", "store:get", false],
    ["store", "store:get", false],
    ["looker", "platform:status", true],
    ["looker", "registry:list", false],
    ["ports", "registry:watch", true],
  ] as const) {
    assert.equal(may(parts, name, resource), isAllowed, `${name} ${resource}`);
  }
});

test("a part listens to the platform alone, and an entrance has no power of its own", async () => {
  await using folder = await openFolder();
  const parts = await openPartIdentities(folder);
  const at = (name: Insider) =>
    parts.find(parts.credentials(name).token() as string, callersOfParts);
  assert.ok(at("platform") && at("looker"));
  for (const name of ["gateway", "auth", "runtime"] as const) assert.equal(at(name), undefined);
  const gateway = parts.find(parts.credentials("gateway").token() as string, callersOfPlatform);
  assert.equal(gateway && callerOf(gateway).kind, "user");
});
