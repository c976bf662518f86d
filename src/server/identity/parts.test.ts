import assert from "node:assert/strict";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { callerOf } from "../../core/identity.ts";
import { systemClock } from "../../core/clock.ts";
import { createManualClock } from "../../testing/manual-clock.ts";
import { PartsKeys, rotatePartsKey } from "./parts-key.ts";
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

const periodMs = 1_000_000;

test("another key takes the place of one that is old, and who read that one just before comes in all the same", async () => {
  await using folder = await openFolder();
  const clock = createManualClock({ wallMs: 1_000 });
  const [platform, part] = [
    await openPartIdentities(folder, { clock }),
    await openPartIdentities(folder, { clock }),
  ];
  const old = part.credentials("auth").token() as string;
  assert.equal(await rotatePartsKey(folder, { nowMs: clock.wallMs(), periodMs }), false);
  await clock.advance(periodMs);
  assert.equal(await rotatePartsKey(folder, { nowMs: clock.wallMs(), periodMs }), true);
  assert.equal(await rotatePartsKey(folder, { nowMs: clock.wallMs() + 1, periodMs }), false);
  assert.equal((await stat(join(folder.identity, "parts.key"))).mode & 0o777, 0o600);
  const next = part.credentials("auth").token() as string;
  assert.notEqual(next, old);
  const account = (token: string) => platform.find(token, callersOfPlatform)?.account;
  for (const token of [old, next]) assert.equal(account(token), "service:reef-auth");
  // Long after that the one before the last is worth nothing.
  await clock.advance(59_999);
  assert.equal(account(old), "service:reef-auth");
  await clock.advance(1);
  assert.equal(account(old), undefined);
  assert.equal(account(next), "service:reef-auth");
});

test("whoever is in by a key hears of the next one, and has an end a minute after the door has heard of it", async () => {
  await using folder = await openFolder();
  const clock = createManualClock({ wallMs: 1_000 });
  const [platform, part] = [
    await openPartIdentities(folder, { clock }),
    await openPartIdentities(folder, { clock }),
  ];
  const source = part.credentials("auth");
  const shown = source.token() as string;
  const known = platform.find(shown, callersOfPlatform) ?? assert.fail("nobody");
  assert.equal(known.expiresMs, Infinity);
  const heard: string[] = [];
  const [one, other] = [
    source.onChange(() => heard.push("part")),
    platform.onChange(() => heard.push("door")),
  ];
  await clock.advance(periodMs);
  await rotatePartsKey(folder, { nowMs: clock.wallMs(), periodMs });
  assert.deepEqual(heard, []);
  await clock.advance(20_000);
  assert.deepEqual(heard.toSorted(), ["door", "part"]);
  assert.ok(known.expiresMs > clock.wallMs() && known.expiresMs <= clock.wallMs() + 60_000);
  assert.equal(platform.find(source.token() as string, callersOfPlatform)?.expiresMs, Infinity);
  one[Symbol.dispose]();
  other[Symbol.dispose]();
  assert.equal(clock.pending, 0);
});

test("a key of an older version is one that is old", async () => {
  await using folder = await openFolder();
  await writeFile(join(folder.identity, "parts.key"), "the-key-alone\n");
  const keys = new PartsKeys(folder, systemClock);
  assert.equal(keys.current, "the-key-alone");
  assert.equal(await rotatePartsKey(folder, { nowMs: Date.now(), periodMs: 1_000 }), true);
  assert.notEqual(keys.current, "the-key-alone");
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
