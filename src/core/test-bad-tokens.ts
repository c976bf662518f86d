/** Tokens that nobody must accept, in all the ways that are known; and any number of others made of a good one. */
import {
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from "node:crypto";
import { createRandom } from "../testing/random.ts";
import { type SigningKey, signToken, type TokenClaims, tokenBytesMax } from "./signed-token.ts";

export interface BadTokensOptions {
  /** What a good one says: in force now. */
  readonly claims: TokenClaims;
  /** What signs the good ones, for those that are wrong in what they say alone. */
  readonly key: SigningKey;
  /** Its other half, as it is published. */
  readonly publicJwk: object;
}

/** Each by what is wrong with it. */
export async function badTokens(options: BadTokensOptions): Promise<Map<string, string>> {
  const good = await signToken(options.claims, options.key);
  const made = Object.entries(kinds).map(async ([name, make]) => {
    return [name, await make(new Forger(options, good))] as const;
  });
  return new Map(await Promise.all(made));
}

/** Changes of a good token by a letter or more, none of them the token itself; the seed says which. */
export function* mutantsOf(token: string, count: number, seed: number): Generator<string> {
  const random = createRandom(seed);
  for (let left = count; left > 0;) {
    const place = Math.floor(random() * token.length);
    const letter = alphabet[Math.floor(random() * alphabet.length)] ?? "";
    const change = [letter, "", `${token[place]}${letter}`, token.slice(0, place)];
    const mutant =
      token.slice(0, place) + change[Math.floor(random() * 4)] + token.slice(place + 1);
    if (mutant === token) continue;
    left -= 1;
    yield mutant;
  }
}

const alphabet = "ABCabc019-_.=+/ \n\u0000é";

/** Of somebody who makes tokens himself. */
const foreign = generateKeyPairSync("ed25519");

class Forger {
  readonly claims: TokenClaims;
  readonly token: string;
  readonly header: { readonly alg: string; readonly typ: string; readonly kid: string };
  readonly #options: BadTokensOptions;

  constructor(options: BadTokensOptions, token: string) {
    this.#options = options;
    this.claims = options.claims;
    this.token = token;
    this.header = { alg: "EdDSA", typ: "at+jwt", kid: options.key.kid };
  }

  /** Signed by somebody whose key this platform does not know; `change` is the header when it is text. */
  forged(change: object | string = {}, by: KeyObject = foreign.privateKey): string {
    const head = typeof change === "string" ? change : { ...this.header, ...change };
    const text = `${encoded(head)}.${encoded(this.claims)}`;
    return `${text}.${sign(null, Buffer.from(text), by).toString("base64url")}`;
  }

  /** Not signed at all. */
  unsigned(alg: string): string {
    return `${encoded({ ...this.header, alg })}.${encoded(this.claims)}.`;
  }

  /** Rightly signed, whatever is in it: what a leaked key or a bug of the signer could make. */
  async signed(body: string): Promise<string> {
    const text = `${encoded(this.header)}.${encoded(body)}`;
    const { privateKey } = this.#options.key;
    const signature = await crypto.subtle.sign("Ed25519", privateKey, Buffer.from(text));
    return `${text}.${Buffer.from(signature).toString("base64url")}`;
  }

  changed(change: object): Promise<string> {
    return this.signed(JSON.stringify({ ...this.claims, ...change }));
  }

  replaced(from: string | RegExp, to: string): Promise<string> {
    return this.signed(JSON.stringify(this.claims).replace(from, to));
  }

  /** With what everybody knows as the secret of a symmetric algorithm. */
  confused(secret: string | Uint8Array): string {
    const text = `${encoded({ ...this.header, alg: "HS256" })}.${encoded(this.claims)}`;
    return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
  }

  get publicJwk(): object {
    return this.#options.publicJwk;
  }
}

function encoded(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return Buffer.from(text).toString("base64url");
}

const nowhere = "http://127.0.0.1:1";

const kinds: { readonly [name: string]: (forger: Forger) => string | Promise<string> } = {
  nothing: () => "",
  "one part": () => "a",
  "four parts": ({ token }) => `${token}.a`,
  "five parts, as an encrypted one has": ({ token }) => `${token}.a.b`,
  "no signature": ({ token }) => `${token.split(".").slice(0, 2).join(".")}.`,
  "the algorithm none": (forger) => forger.unsigned("none"),
  "the algorithm nOnE": (forger) => forger.unsigned("nOnE"),
  "the algorithm none, with a signature": (forger) => forger.forged({ alg: "none" }),
  "the public key as the secret of HS256": (f) => f.confused(JSON.stringify(f.publicJwk)),
  "the PEM of the public key as the secret of HS256": (forger) => {
    const key = createPublicKey({ key: { ...forger.publicJwk }, format: "jwk" });
    return forger.confused(key.export({ type: "spki", format: "pem" }));
  },
  "an algorithm of another family": (forger) => forger.forged({ alg: "RS256" }),
  "the other name of the algorithm": (forger) => forger.forged({ alg: "Ed25519" }),
  "a key that nobody knows": (forger) => forger.forged({ kid: "k2" }),
  "a foreign signature under a known key": (forger) => forger.forged(),
  "a kid that is a path": (forger) => forger.forged({ kid: "../../../../dev/null" }),
  "a kid that is SQL": (forger) => forger.forged({ kid: "k1' OR '1'='1" }),
  "a kid that is a command": (forger) => forger.forged({ kid: "k1|curl 127.0.0.1:1" }),
  "a kid that is no text": (forger) => forger.forged({ kid: ["k1"] }),
  "a kid of every object": (forger) => forger.forged({ kid: "__proto__" }),
  "no kid": (forger) => forger.forged({ kid: undefined }),
  "a key in its header": (f) => f.forged({ jwk: foreign.publicKey.export({ format: "jwk" }) }),
  "the address of keys": (forger) => forger.forged({ jku: `${nowhere}/keys` }),
  "the address of a certificate": (forger) => forger.forged({ x5u: `${nowhere}/cert` }),
  "a certificate": (forger) => forger.forged({ x5c: ["MII="] }),
  "an extension that must be understood": (forger) => forger.forged({ crit: ["exp"] }),
  "a payload that is not encoded": (forger) => forger.forged({ b64: false, crit: ["b64"] }),
  "a payload that is packed": (forger) => forger.forged({ zip: "DEF" }),
  "another kind of token": (forger) => forger.forged({ typ: "JWT" }),
  "two algorithms": (f) => f.forged(`{"alg":"none",${JSON.stringify(f.header).slice(1)}`),
  "a header that is no JSON": (forger) => forger.forged("{"),
  "a header that is null": (forger) => forger.forged("null"),
  "a header nested deeply": (forger) => forger.forged("[".repeat(1_000) + "]".repeat(1_000)),
  "another issuer": (forger) => forger.changed({ iss: "reef:two" }),
  "another audience": (forger) => forger.changed({ aud: "trip" }),
  "somebody for whom a service acts": (f) => f.changed({ aud: "gateway", act: "service:trip" }),
  "an actor that is no text": (f) => f.changed({ aud: "gateway", act: { sub: "service:trip" } }),
  "several audiences": (forger) => forger.changed({ aud: ["gateway", "trip"] }),
  "an end that has passed": (f) => f.changed({ exp: f.claims.iat - 5 }),
  "an end as text": (forger) => forger.changed({ exp: "9999999999" }),
  "an end beyond numbers": (forger) => forger.replaced(/"exp":\d+/, '"exp":1e999'),
  "no end": (forger) => forger.changed({ exp: undefined }),
  "a beginning in the future": (f) => f.changed({ iat: f.claims.iat + 60 }),
  "no subject": (forger) => forger.changed({ sub: "" }),
  "scopes as one text": (forger) => forger.changed({ scopes: "owner" }),
  "a scope that is no text": (forger) => forger.changed({ scopes: [{ toString: "owner" }] }),
  "a claim more": (forger) => forger.changed({ admin: true }),
  "a claim twice": (forger) => forger.replaced("{", '{"sub":"user:root",'),
  "a claim that is a prototype": (f) => f.replaced("{", '{"__proto__":{"ns":"reef"},'),
  "claims with blanks": (f) => f.signed(JSON.stringify(f.claims, undefined, 1)),
  "claims that are no JSON": (forger) => forger.signed("{"),
  "claims that are a list": (forger) => forger.signed("[]"),
  "claims nested deeply": (forger) => forger.signed("[".repeat(1_400) + "]".repeat(1_400)),
  padding: ({ token }) => `${token}==`,
  "a line behind it": ({ token }) => `${token}\n`,
  "a blank in it": ({ token }) => token.replace(".", " ."),
  "half of it": ({ token }) => token.slice(0, token.length / 2),
  "itself twice": ({ token }) => `${token},${token}`,
  "another signature of the same bytes": ({ token }) => {
    // The last character of 64 bytes has four bits that mean nothing.
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    return token.slice(0, -1) + letters[letters.indexOf(token.at(-1) ?? "") ^ 1];
  },
  "more than any token has": ({ token }) => `${"a".repeat(tokenBytesMax)}.${token}`,
};
