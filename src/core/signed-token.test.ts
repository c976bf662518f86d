import assert from "node:assert/strict";
import { before, test } from "node:test";
import { exportJWK, generateKeyPair } from "jose";
import { type SigningKey, signToken, type TokenClaims, verifyToken } from "./signed-token.ts";
import { badTokens, mutantsOf } from "./test-bad-tokens.ts";

const nowMs = 1_800_000_000_000;
const now = nowMs / 1_000;

const claims: TokenClaims = {
  iss: "reef:one",
  sub: "user:ann",
  ns: "default",
  scopes: ["staff"],
  sid: "s1",
  iat: now,
  exp: now + 900,
};

let key: SigningKey;
let publicKey: CryptoKey;
let publicJwk: object;
let token: string;
before(async () => {
  const pair = await generateKeyPair("EdDSA", { extractable: true });
  publicKey = pair.publicKey;
  publicJwk = await exportJWK(publicKey);
  key = { kid: "k1", privateKey: pair.privateKey };
  token = await signToken(claims, key);
});

function verify(given: string, at = nowMs): Promise<TokenClaims> {
  const findKey = (kid: string) => (kid === "k1" ? publicKey : undefined);
  return verifyToken(given, { findKey, issuer: "reef:one", audience: "gateway", nowMs: at });
}

const refusal = { code: "unauthenticated", message: /^Cannot accept the token: / };

test("verifyToken() gives back what was signed", async () => {
  assert.deepEqual(await verify(token), claims);
  const bound = { ...claims, aud: "gateway" };
  assert.deepEqual(await verify(await signToken(bound, key)), bound);
});

test("verifyToken() bears clocks that differ by seconds, and no more", async () => {
  assert.ok(await verify(token, (claims.exp + 4) * 1_000));
  await assert.rejects(verify(token, (claims.exp + 5) * 1_000), refusal);
  assert.ok(await verify(token, nowMs - 5_000));
  await assert.rejects(verify(token, nowMs - 6_000), refusal);
});

test("verifyToken() takes a token of somebody for whom a service acts as that alone", async () => {
  const acting = { ...claims, aud: "trip", act: "service:gate" };
  const text = await signToken(acting, key);
  const options = {
    findKey: () => publicKey,
    issuer: "reef:one",
    audience: (name: string) => ["fare", "trip"].includes(name),
    nowMs,
  };
  assert.deepEqual(await verifyToken(text, { ...options, use: "subject" }), acting);
  await assert.rejects(verifyToken(text, options), refusal);
  await assert.rejects(verifyToken(token, { ...options, use: "subject" }), refusal);
  const elsewhere = { ...options, audience: "fare", use: "subject" } as const;
  await assert.rejects(verifyToken(text, elsewhere), refusal);
});

test("verifyToken() bears a token that has expired for as long as it is told", async () => {
  const options = { findKey: () => publicKey, issuer: "reef:one", audience: "gateway" };
  const nowMs = (claims.exp + 100) * 1_000;
  assert.ok(await verifyToken(token, { ...options, nowMs, graceMs: 100_000 }));
  await assert.rejects(verifyToken(token, { ...options, nowMs, graceMs: 90_000 }), refusal);
});

test("verifyToken() refuses every kind of bad token", async (t) => {
  const bad = await badTokens({ claims, key, publicJwk });
  assert.ok(bad.size >= 26);
  for (const [name, given] of bad) {
    await t.test(name, () => assert.rejects(verify(given), refusal));
  }
});

test("verifyToken() refuses ten thousand changes of a good token, and says so in one way", async () => {
  for (const mutant of mutantsOf(token, 10_000, 20_261_129)) {
    await assert.rejects(verify(mutant), refusal);
  }
});
