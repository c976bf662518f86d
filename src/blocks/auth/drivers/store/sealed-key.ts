/** One pair of keys as it lies in the store: its public half is for everybody, the private one is sealed. */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import type { CryptoKey, JWK } from "jose";
import { ReefError } from "../../../../core/errors.ts";
import type { PublicKey } from "../../../../core/identity.ts";
import type { SigningKey } from "../../../../core/signed-token.ts";

export interface SealedKey {
  readonly kid: string;
  readonly publicJwk: PublicKey;
  readonly sealed: string;
}

export async function newKey(seal: Seal): Promise<SealedKey> {
  const { exportJWK, generateKeyPair } = await import("jose");
  const pair = await generateKeyPair("EdDSA", { extractable: true });
  const kid = randomBytes(9).toString("base64url");
  // An Ed25519 key has these members and no others: RFC 8037.
  const { x } = (await exportJWK(pair.publicKey)) as { x: string };
  const publicJwk = { kty: "OKP", crv: "Ed25519", x, kid, use: "sig", alg: "EdDSA" };
  const sealed = seal.close(kid, JSON.stringify(await exportJWK(pair.privateKey)));
  return { kid, publicJwk, sealed };
}

/** @throws {ReefError} `data_loss` for one that was not sealed so */
export async function openKey({ kid, sealed }: SealedKey, seal: Seal): Promise<SigningKey> {
  const { importJWK } = await import("jose");
  // Only a symmetric key would be bytes.
  return { kid, privateKey: (await importJWK(opened(kid, sealed, seal), "EdDSA")) as CryptoKey };
}

function opened(kid: string, sealed: string, seal: Seal): JWK {
  try {
    return JSON.parse(seal.open(kid, sealed)) as JWK;
  } catch (cause) {
    throw new ReefError(
      "data_loss",
      `Cannot sign tokens: the key "${kid}" is not as it was written; rotate the keys`,
      { cause, maybeExecuted: false },
    );
  }
}

const nonceBytes = 12;
const tagBytes = 16;

/** AES-256-GCM, with a key that is kept elsewhere. */
export class Seal {
  /** With which key: it says nothing about that. */
  readonly name: string;
  readonly #key: Uint8Array;

  constructor(key: Uint8Array) {
    this.#key = key;
    this.name = createHmac("sha256", key).update("sealer").digest("base64url").slice(0, 22);
  }

  /** `about` is authenticated, so that nothing that is sealed can be put in the place of another. */
  close(about: string, text: string): string {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonce).setAAD(Buffer.from(about));
    const sealed = Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]);
    return sealed.toString("base64url");
  }

  /** Throws for what was not sealed with this key, about this. */
  open(about: string, sealed: string): string {
    const bytes = Buffer.from(sealed, "base64url");
    const nonce = bytes.subarray(0, nonceBytes);
    const decipher = createDecipheriv("aes-256-gcm", this.#key, nonce).setAAD(Buffer.from(about));
    decipher.setAuthTag(bytes.subarray(-tagBytes));
    const text = decipher.update(bytes.subarray(nonceBytes, -tagBytes));
    return Buffer.concat([text, decipher.final()]).toString();
  }
}
