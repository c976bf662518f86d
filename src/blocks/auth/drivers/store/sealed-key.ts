/** One pair of keys as it lies in the store: its public half is for everybody, the private one is sealed. */
import { randomBytes } from "node:crypto";
import type { CryptoKey, JWK } from "jose";
import { ReefError } from "../../../../core/errors.ts";
import type { PublicKey } from "../../../../core/identity.ts";
import type { SigningKey } from "../../../../core/signed-token.ts";
import type { Seal } from "./seal.ts";

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
