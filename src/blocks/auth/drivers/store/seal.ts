/** Seals what may lie in the store and must not be read there: AES-256-GCM, with a key that is kept elsewhere. */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";

const nonceBytes = 12;
const tagBytes = 16;

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
