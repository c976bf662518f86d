/**
 * The keys that sign tokens. Private halves are sealed with a key of the platform that is kept elsewhere: a copy of the
 * store signs nothing. Of several platforms on one store each signs with its own, and all of them are published.
 *
 * A new key is published some time before it signs, so that all who check tokens have it by then; an old one stays
 * published until the last token that it signed has expired.
 */
import type { PublicKey } from "../../../../core/identity.ts";
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPublicKey,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import type { CryptoKey, JWK } from "jose";
import type { Clock } from "../../../../core/clock.ts";
import { ReefError } from "../../../../core/errors.ts";
import type { SigningKey } from "../../../../core/signed-token.ts";
import type { Operation } from "../../../store/index.ts";
import { apiTokenMsMax } from "../../index.ts";
import { drop, put, type Records } from "./records.ts";

interface KeyRecord {
  readonly kid: string;
  readonly publicJwk: PublicKey;
  readonly sealed: string;
  /** With what: it says nothing about that. */
  readonly sealer: string;
  /** Wall clock: several platforms share a store. */
  readonly signsFromMs: number;
}

export interface RotationOptions {
  /** What is to be written of it. */
  readonly note: (kid: string) => Operation;
  readonly signal?: AbortSignal | undefined;
}

/** Longer than a watch takes to tell a key to everybody, also after the way was lost and found again. */
const publishedAheadMs = 10_000;

const prefix = "keys/";

export class SigningKeys {
  readonly #records: Records;
  readonly #sealKey: Uint8Array;
  readonly #sealer: string;
  readonly #clock: Clock;
  readonly #opened = new Map<string, Promise<SigningKey>>();
  readonly #public = new Map<string, KeyObject>();

  constructor(records: Records, sealKey: Uint8Array, clock: Clock) {
    this.#records = records;
    this.#sealKey = sealKey;
    this.#sealer = createHmac("sha256", sealKey).update("sealer").digest("base64url").slice(0, 22);
    this.#clock = clock;
  }

  /** What signs now. The first one is made when it is needed. */
  async current(signal?: AbortSignal): Promise<SigningKey> {
    const nowMs = this.#clock.wallMs();
    const newest = (await this.#own(signal)).findLast(({ signsFromMs }) => signsFromMs <= nowMs);
    if (!newest) {
      await this.#make(nowMs, { signal });
      return this.current(signal);
    }
    const opened = this.#opened.get(newest.kid) ?? this.#open(newest);
    this.#opened.set(newest.kid, opened);
    return opened;
  }

  /** `note` is written with the key of which it is told the name. */
  async rotate({ note, signal }: RotationOptions): Promise<void> {
    const nowMs = this.#clock.wallMs();
    await this.#make(nowMs + publishedAheadMs, { note, signal });
    // All but the newest that signs have a successor; what they signed last has expired when that is old enough.
    const own = await this.#own(signal);
    const gone = own.filter((_, index) => {
      const successor = own[index + 1];
      return successor !== undefined && successor.signsFromMs + apiTokenMsMax < nowMs;
    });
    if (gone.length > 0) {
      await this.#records.write(
        gone.map((each) => drop(pathOf(each))),
        signal,
      );
    }
  }

  async published(signal?: AbortSignal): Promise<readonly PublicKey[]> {
    return (await this.#all(signal)).map(({ publicJwk }) => publicJwk);
  }

  /** By name; a key is never changed, so it is read once. */
  async find(kid: string, signal?: AbortSignal): Promise<KeyObject | undefined> {
    const known = this.#public.get(kid);
    if (known) return known;
    const record = (await this.#all(signal)).find((each) => each.kid === kid);
    if (!record) return undefined;
    const key = createPublicKey({ key: { ...record.publicJwk }, format: "jwk" });
    this.#public.set(kid, key);
    return key;
  }

  /** Those that this platform can sign with. */
  async #own(signal: AbortSignal | undefined): Promise<KeyRecord[]> {
    return (await this.#all(signal)).filter(({ sealer }) => sealer === this.#sealer);
  }

  /** The one that signs last comes last. */
  async #all(signal: AbortSignal | undefined): Promise<KeyRecord[]> {
    const all = await this.#records.all<KeyRecord>(prefix, signal);
    return all.toSorted((one, other) => one.signsFromMs - other.signsFromMs);
  }

  async #make(signsFromMs: number, { note, signal }: Partial<RotationOptions> = {}): Promise<void> {
    const { exportJWK, generateKeyPair } = await import("jose");
    const pair = await generateKeyPair("EdDSA", { extractable: true });
    const kid = randomBytes(9).toString("base64url");
    // An Ed25519 key has these members and no others: RFC 8037.
    const { x } = (await exportJWK(pair.publicKey)) as { x: string };
    const publicJwk = { kty: "OKP", crv: "Ed25519", x, kid, use: "sig", alg: "EdDSA" };
    const sealed = this.#seal(kid, JSON.stringify(await exportJWK(pair.privateKey)));
    const record: KeyRecord = { kid, publicJwk, sealed, sealer: this.#sealer, signsFromMs };
    const made = put(pathOf(record), record, { expectedRevision: 0 });
    await this.#records.write(note ? [made, note(kid)] : [made], signal);
  }

  async #open({ kid, sealed }: KeyRecord): Promise<SigningKey> {
    return { kid, privateKey: await importKey(JSON.parse(this.#unseal(kid, sealed)) as JWK) };
  }

  /** AES-256-GCM; the name of the key is authenticated, so that none can be put in the place of another. */
  #seal(kid: string, text: string): string {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv("aes-256-gcm", this.#sealKey, nonce).setAAD(Buffer.from(kid));
    const sealed = Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]);
    return sealed.toString("base64url");
  }

  #unseal(kid: string, sealed: string): string {
    const bytes = Buffer.from(sealed, "base64url");
    const decipher = createDecipheriv(
      "aes-256-gcm",
      this.#sealKey,
      bytes.subarray(0, nonceBytes),
    ).setAAD(Buffer.from(kid));
    try {
      decipher.setAuthTag(bytes.subarray(-tagBytes));
      const text = decipher.update(bytes.subarray(nonceBytes, -tagBytes));
      return Buffer.concat([text, decipher.final()]).toString();
    } catch (cause) {
      throw new ReefError(
        "data_loss",
        `Cannot sign tokens: the key "${kid}" is not as it was written; rotate the keys`,
        { cause, maybeExecuted: false },
      );
    }
  }
}

const nonceBytes = 12;
const tagBytes = 16;

function pathOf({ kid }: Pick<KeyRecord, "kid">): string {
  return `${prefix}${kid}`;
}

async function importKey(jwk: JWK): Promise<CryptoKey> {
  const { importJWK } = await import("jose");
  // Only a symmetric key would be bytes.
  return (await importJWK(jwk, "EdDSA")) as CryptoKey;
}
