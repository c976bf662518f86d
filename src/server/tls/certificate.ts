/**
 * Certificates that a platform makes for itself: an authority, and what it signs. Node reads X.509 and does not write
 * it; this is as much of https://www.rfc-editor.org/rfc/rfc5280 as a server of TLS needs. Keys are of P-256, which
 * every client knows.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from "node:crypto";
import { isIP } from "node:net";
import type { TlsOptions } from "../../rpc/secure-sockets.ts";
import * as der from "./der.ts";

export interface CertificateOptions {
  /** As people read it. */
  readonly commonName: string;
  readonly validFrom: Date;
  readonly validTo: Date;
}

export interface ServerCertificateOptions extends CertificateOptions {
  /** Hosts that it is for, names and addresses. */
  readonly names: readonly string[];
}

/** One that vouches for others and nothing else. */
export function createAuthority(options: CertificateOptions): TlsOptions {
  const { publicKey, privateKey } = createKeys();
  const extensions = [
    extension("2.5.29.19", der.sequence(der.yes(), der.integer(Buffer.from([0]))), "critical"),
    // keyCertSign and cRLSign.
    extension("2.5.29.15", der.bits(Buffer.from([0x06]), 1), "critical"),
    extension("2.5.29.14", der.octets(keyId(publicKey))),
  ];
  const issuer = { name: nameOf(options.commonName), key: privateKey };
  return pair({ ...options, publicKey, issuer, extensions }, privateKey);
}

/** One for a server, signed by an authority. */
export function createCertificate(
  authority: TlsOptions,
  { names, ...options }: ServerCertificateOptions,
): TlsOptions {
  const { publicKey, privateKey } = createKeys();
  const key = createPrivateKey(authority.key);
  const commonName = commonNameOf(authority.cert);
  const extensions = [
    extension("2.5.29.19", der.sequence(), "critical"),
    // digitalSignature.
    extension("2.5.29.15", der.bits(Buffer.from([0x80]), 7), "critical"),
    // For servers alone: https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.12
    extension("2.5.29.37", der.sequence(der.objectId("1.3.6.1.5.5.7.3.1"))),
    extension("2.5.29.17", der.sequence(...names.map(alternativeName))),
    extension("2.5.29.14", der.octets(keyId(publicKey))),
    extension("2.5.29.35", der.sequence(der.tagged(0x80, keyId(createPublicKey(key))))),
  ];
  return pair(
    { ...options, publicKey, issuer: { name: nameOf(commonName), key }, extensions },
    privateKey,
  );
}

interface Signed extends CertificateOptions {
  readonly publicKey: KeyObject;
  readonly issuer: { readonly name: Buffer; readonly key: KeyObject };
  readonly extensions: readonly Buffer[];
}

function pair(signed: Signed, privateKey: KeyObject): TlsOptions {
  const bytes =
    signedBytes(signed)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  const cert = `-----BEGIN CERTIFICATE-----\n${bytes.join("\n")}\n-----END CERTIFICATE-----\n`;
  // PEM is a string.
  return { cert, key: privateKey.export({ type: "pkcs8", format: "pem" }) as string };
}

function signedBytes({
  commonName,
  validFrom,
  validTo,
  publicKey,
  issuer,
  extensions,
}: Signed): Buffer {
  // ecdsa-with-SHA256
  const algorithm = der.sequence(der.objectId("1.2.840.10045.4.3.2"));
  const version3 = der.tagged(0xa0, der.integer(Buffer.from([2])));
  // A first byte of 0x40 to 0x7f: never negative, never shorter than the others.
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const content = der.sequence(
    version3,
    der.integer(serial),
    algorithm,
    issuer.name,
    der.sequence(der.time(validFrom), der.time(validTo)),
    nameOf(commonName),
    publicKey.export({ type: "spki", format: "der" }),
    der.tagged(0xa3, der.sequence(...extensions)),
  );
  return der.sequence(content, algorithm, der.bits(sign("sha256", content, issuer.key)));
}

function createKeys() {
  return generateKeyPairSync("ec", { namedCurve: "P-256" });
}

function nameOf(commonName: string): Buffer {
  return der.sequence(der.set(der.sequence(der.objectId("2.5.4.3"), der.utf8(commonName))));
}

/** Of one that `createAuthority` has made: nothing else is in its name. */
function commonNameOf(cert: string): string {
  return new X509Certificate(cert).subject.replace(/^CN=/, "");
}

function extension(id: string, value: Buffer, critical?: "critical"): Buffer {
  const marked = critical ? [der.yes()] : [];
  return der.sequence(der.objectId(id), ...marked, der.octets(value));
}

function keyId(key: KeyObject): Buffer {
  return createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest()
    .subarray(0, 20);
}

/** https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.6 */
function alternativeName(name: string): Buffer {
  const version = isIP(name);
  if (version === 0) return der.tagged(0x82, Buffer.from(name));
  return der.tagged(0x87, version === 4 ? Buffer.from(name.split(".").map(Number)) : ipv6(name));
}

/** Eight groups of two bytes; `::` stands for those that are zero. */
function ipv6(address: string): Buffer {
  // As URL writes it, no group is in decimals.
  const plain = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = "", tail] = plain.split("::");
  const groups = (text: string) => text.split(":").filter((group) => group !== "");
  const [before, after] = [groups(head), groups(tail ?? "")];
  const zeros = Array<string>(8 - before.length - after.length).fill("0");
  return Buffer.from(
    [...before, ...zeros, ...after].map((group) => group.padStart(4, "0")).join(""),
    "hex",
  );
}
