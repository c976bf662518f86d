import assert from "node:assert/strict";
import { before, test } from "node:test";
import { createPublicKey, type KeyObject } from "node:crypto";
import { exportJWK, generateKeyPair } from "jose";
import {
  proveToken,
  readToken,
  type ReadTokenOptions,
  type SigningKey,
  signToken,
  type TokenClaims,
} from "./signed-token.ts";
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
let publicKey: KeyObject;
let publicJwk: object;
let token: string;
before(async () => {
  const pair = await generateKeyPair("EdDSA", { extractable: true });
  const jwk = await exportJWK(pair.publicKey);
  publicJwk = jwk;
  publicKey = createPublicKey({ key: { ...jwk }, format: "jwk" });
  key = { kid: "k1", privateKey: pair.privateKey };
  token = await signToken(claims, key);
});

const reader = { issuer: "reef:one", audience: "gateway", nowMs } as const;

function verify(given: string, options: Partial<ReadTokenOptions> = {}): TokenClaims {
  const unproven = readToken(given, { ...reader, ...options });
  return proveToken(unproven, unproven.kid === "k1" ? publicKey : undefined);
}

const refusal = { code: "unauthenticated", message: /^Cannot accept the token: / };

test("proveToken() gives back what was signed", async () => {
  assert.deepEqual(verify(token), claims);
  const bound = { ...claims, aud: "gateway" };
  assert.deepEqual(verify(await signToken(bound, key)), bound);
});

test("readToken() bears clocks that differ by seconds, and no more", () => {
  assert.ok(verify(token, { nowMs: (claims.exp + 4) * 1_000 }));
  assert.throws(() => verify(token, { nowMs: (claims.exp + 5) * 1_000 }), refusal);
  assert.ok(verify(token, { nowMs: nowMs - 5_000 }));
  assert.throws(() => verify(token, { nowMs: nowMs - 6_000 }), refusal);
});

test("readToken() takes a token of somebody for whom a service acts as that alone", async () => {
  const acting = { ...claims, aud: "trip", act: "service:gate" };
  const text = await signToken(acting, key);
  const audience = (name: string) => ["fare", "trip"].includes(name);
  assert.deepEqual(verify(text, { audience, use: "subject" }), acting);
  assert.throws(() => verify(text, { audience }), refusal);
  assert.throws(() => verify(token, { audience, use: "subject" }), refusal);
  assert.throws(() => verify(text, { audience: "fare", use: "subject" }), refusal);
});

test("readToken() bears a token that has expired for as long as it is told", () => {
  const late = { nowMs: (claims.exp + 100) * 1_000 };
  assert.ok(verify(token, { ...late, graceMs: 100_000 }));
  assert.throws(() => verify(token, { ...late, graceMs: 90_000 }), refusal);
});

test("every kind of bad token is refused", async (t) => {
  const bad = await badTokens({ claims, key, publicJwk });
  assert.ok(bad.size >= 26);
  for (const [name, given] of bad) {
    await t.test(name, () => assert.throws(() => verify(given), refusal));
  }
});

test("ten thousand changes of a good token are refused, in one way", () => {
  for (const mutant of mutantsOf(token, 10_000, 20_261_129)) {
    assert.throws(() => verify(mutant), refusal);
  }
});

test("readToken() leaves nothing to be checked but the signatures of tokens of this platform", async () => {
  const bad = await badTokens({ claims, key, publicJwk });
  const looked = [...bad].filter(([, given]) => {
    try {
      return readToken(given, reader).kid === key.kid;
    } catch {
      return false;
    }
  });
  assert.deepEqual(
    looked.map(([name]) => name),
    ["a foreign signature under a known key"],
  );
});
