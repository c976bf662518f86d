import assert from "node:assert/strict";
import { createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { before, describe, test } from "node:test";
import { exportJWK, generateKeyPair } from "jose";
import { createRandom } from "../testing/random.ts";
import {
  type SigningKey,
  signToken,
  type TokenClaims,
  tokenBytesMax,
  verifyToken,
} from "./signed-token.ts";

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
/** Of somebody who makes tokens himself. */
const foreign = generateKeyPairSync("ed25519");

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
    audience: ["fare", "trip"],
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

function encoded(value: unknown): string {
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString(
    "base64url",
  );
}

const header = { alg: "EdDSA", typ: "at+jwt", kid: "k1" };

/** Signed by somebody whose key this platform does not know. */
function forged(head: unknown, body: unknown = claims, by: KeyObject = foreign.privateKey): string {
  const text = `${encoded(head)}.${encoded(body)}`;
  return `${text}.${sign(null, Buffer.from(text), by).toString("base64url")}`;
}

/** Rightly signed, whatever is in it: what a leaked key or a bug of the signer could make. */
async function signed(body: string): Promise<string> {
  const text = `${encoded(header)}.${encoded(body)}`;
  const signature = await crypto.subtle.sign("Ed25519", key.privateKey, Buffer.from(text));
  return `${text}.${Buffer.from(signature).toString("base64url")}`;
}

async function unsafe(change: object): Promise<string> {
  return await signed(JSON.stringify({ ...claims, ...change }));
}

const bad: { readonly [name: string]: () => string | Promise<string> } = {
  nothing: () => "",
  "one part": () => "a",
  "four parts": () => `${token}.a`,
  "five parts, as an encrypted one has": () => `${token}.a.b`,
  "no signature": () => `${token.split(".").slice(0, 2).join(".")}.`,
  "the algorithm none": () => `${encoded({ ...header, alg: "none" })}.${encoded(claims)}.`,
  "the algorithm nOnE": () => `${encoded({ ...header, alg: "nOnE" })}.${encoded(claims)}.`,
  "the public key as the secret of HS256": () => {
    const text = `${encoded({ ...header, alg: "HS256" })}.${encoded(claims)}`;
    const mac = createHmac("sha256", JSON.stringify(publicJwk)).update(text);
    return `${text}.${mac.digest("base64url")}`;
  },
  "an algorithm of another family": () => forged({ ...header, alg: "RS256" }),
  "the other name of the algorithm": () => forged({ ...header, alg: "Ed25519" }),
  "a key that nobody knows": () => forged({ ...header, kid: "k2" }),
  "a foreign signature under a known key": () => forged(header),
  "a kid that is a path": () => forged({ ...header, kid: "../../../../dev/null" }),
  "a kid that is SQL": () => forged({ ...header, kid: "k1' OR '1'='1" }),
  "a kid that is no text": () => forged({ ...header, kid: ["k1"] }),
  "no kid": () => forged({ alg: "EdDSA", typ: "at+jwt" }),
  "a key in its header": () =>
    forged({ ...header, jwk: foreign.publicKey.export({ format: "jwk" }) }),
  "the address of keys": () => forged({ ...header, jku: "http://127.0.0.1:1/keys" }),
  "the address of a certificate": () => forged({ ...header, x5u: "http://127.0.0.1:1/cert" }),
  "a certificate": () => forged({ ...header, x5c: ["MII="] }),
  "an extension that must be understood": () => forged({ ...header, crit: ["exp"] }),
  "a payload that is not encoded": () => forged({ ...header, b64: false, crit: ["b64"] }),
  "another kind of token": () => forged({ ...header, typ: "JWT" }),
  "two algorithms": () => forged('{"alg":"none","alg":"EdDSA","typ":"at+jwt","kid":"k1"}'),
  "a header that is no JSON": () => forged("{"),
  "a header that is null": () => forged("null"),
  "a header nested deeply": () => forged("[".repeat(1_000) + "]".repeat(1_000)),
  "another issuer": () => unsafe({ iss: "reef:two" }),
  "another audience": () => unsafe({ aud: "trip" }),
  "somebody for whom a service acts": () => unsafe({ aud: "gateway", act: "service:trip" }),
  "an actor that is no text": () => unsafe({ aud: "gateway", act: { sub: "service:trip" } }),
  "several audiences": () => unsafe({ aud: ["gateway", "trip"] }),
  "an end that has passed": () => unsafe({ exp: now - 5 }),
  "an end as text": () => unsafe({ exp: "9999999999" }),
  "an end beyond numbers": () => signed(JSON.stringify(claims).replace(/"exp":\d+/, '"exp":1e999')),
  "no end": () => unsafe({ exp: undefined }),
  "a beginning in the future": () => unsafe({ iat: now + 60 }),
  "no subject": () => unsafe({ sub: "" }),
  "scopes as one text": () => unsafe({ scopes: "owner" }),
  "a scope that is no text": () => unsafe({ scopes: [{ toString: "owner" }] }),
  "a claim more": () => unsafe({ admin: true }),
  "a claim twice": () => signed(JSON.stringify(claims).replace("{", '{"sub":"user:root",')),
  "a claim that is a prototype": () =>
    signed(JSON.stringify(claims).replace("{", '{"__proto__":{"ns":"reef"},')),
  "claims with blanks": () => signed(JSON.stringify(claims, undefined, 1)),
  "claims that are no JSON": () => signed("{"),
  "claims that are a list": () => signed("[]"),
  "claims nested deeply": () => signed("[".repeat(1_400) + "]".repeat(1_400)),
  padding: () => `${token}==`,
  "a line behind it": () => `${token}\n`,
  "a blank in it": () => token.replace(".", " ."),
  "half of it": () => token.slice(0, token.length / 2),
  "another signature of the same bytes": () => {
    // The last character of 64 bytes has four bits that mean nothing.
    const last = token.at(-1)!;
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    return token.slice(0, -1) + alphabet[alphabet.indexOf(last) ^ 1]!;
  },
  "more than any token has": () => `${"a".repeat(tokenBytesMax)}.${token}`,
};

describe("verifyToken() refuses", () => {
  for (const [name, make] of Object.entries(bad)) {
    test(name, async () => {
      await assert.rejects(verify(await make()), refusal);
    });
  }
});

test("verifyToken() refuses ten thousand changes of a good token, and says so in one way", async () => {
  const random = createRandom(20_261_129);
  const alphabet = "ABCabc019-_.=+/ \n\u0000é";
  for (let round = 0; round < 10_000; round++) {
    const place = Math.floor(random() * token.length);
    const letter = alphabet[Math.floor(random() * alphabet.length)]!;
    const change = [letter, "", token[place]! + letter, token.slice(0, place)];
    const mutant =
      token.slice(0, place) + change[Math.floor(random() * 4)]! + token.slice(place + 1);
    if (mutant !== token) await assert.rejects(verify(mutant), refusal);
  }
});
