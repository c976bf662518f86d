/**
 * A certificate of the platform's own making, in the folder `tls` of its state: whoever is given `ca.pem` knows the
 * platform by it. It is made anew before it is over, and when this machine has got another address.
 */
import { X509Certificate } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { hostname, networkInterfaces } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../core/clock.ts";
import type { StateFolder } from "../../framework/state-folder.ts";
import type { TlsOptions } from "../../rpc/secure-sockets.ts";
import { writeWhole } from "../identity/write-whole.ts";
import { keptText } from "../kept-text.ts";
import { isFor } from "./certificate-files.ts";
import { createAuthority, createCertificate } from "./certificate.ts";

export interface OwnCertificateOptions {
  readonly state: StateFolder;
  /** Of the platform, which its authority is called by. */
  readonly id: string;
  /** Where it listens; every address of this machine for `0.0.0.0` and `::`. */
  readonly host: string;
  /** By which it is called beside that. */
  readonly names: readonly string[];
  readonly clock: Clock;
}

export interface OwnCertificate {
  readonly paths: TlsOptions;
  /** The certificate of the authority, for those who call. */
  readonly authority: string;
  /** Makes what is missing, over soon, or for too few names. */
  refresh(): Promise<void>;
}

const dayMs = 86_400_000;
/** Clocks of others are behind. */
const beforeMs = dayMs;
/** Callers are given it by hand, so it stays for as long as anybody needs the platform. */
const authorityMs = 20 * 365 * dayMs;
/** What leaks is of use no longer; browsers take up to 398 days. */
const certificateMs = 90 * dayMs;
/** Time to see that it was not renewed. */
const renewMs = 30 * dayMs;

export async function openOwnCertificate(options: OwnCertificateOptions): Promise<OwnCertificate> {
  const { state, id, clock } = options;
  const folder = join(state.path, "tls");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // Key and certificate in one file: of two parts that make one at the same time, nobody sees half of each.
  const issuer = bothIn(
    await keptText(state, "tls/authority.pem", () => {
      const made = createAuthority({ commonName: `reef ${id}`, ...span(clock, authorityMs) });
      return `${made.key}${made.cert}`;
    }),
  );
  const authority = join(folder, "ca.pem");
  await writeWhole(authority, new X509Certificate(issuer.cert).toString());
  const file = join(folder, "server.pem");
  return {
    paths: { cert: file, key: file },
    authority,
    async refresh() {
      const names = namesOf(options);
      const known = await readFile(file, "utf8").catch(missing);
      if (known !== undefined && isGood(known, issuer, { names, clock })) return;
      const [commonName = "localhost"] = names;
      const when = span(clock, certificateMs);
      const made = createCertificate(issuer, { commonName, names, ...when });
      await writeWhole(file, `${made.key}${made.cert}`);
    },
  };
}

/** Whoever looks for one of them in a file finds it. */
function bothIn(text: string): TlsOptions {
  return { cert: text, key: text };
}

function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

function span(clock: Clock, lastsMs: number) {
  const now = clock.wallMs();
  return { validFrom: new Date(now - beforeMs), validTo: new Date(now + lastsMs) };
}

function isGood(
  text: string,
  issuer: TlsOptions,
  { names, clock }: { readonly names: readonly string[]; readonly clock: Clock },
): boolean {
  const x509 = new X509Certificate(text);
  const isOurs = x509.verify(new X509Certificate(issuer.cert).publicKey);
  const leftMs = x509.validToDate.getTime() - clock.wallMs();
  const written = x509.subjectAltName?.split(", ").length ?? 0;
  const isForAll = names.every((name) => isFor(x509, name));
  return isOurs && leftMs > renewMs && isForAll && written === names.length;
}

/** What others call it by comes first. */
function namesOf({ host, names }: OwnCertificateOptions): string[] {
  const isEverywhere = host === "0.0.0.0" || host === "::";
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    // Those of one network segment need a zone, which no certificate can say.
    .filter(({ internal, scopeid }) => !internal && !scopeid)
    .map(({ address }) => address);
  const here = ["localhost", "127.0.0.1", "::1"];
  const all = [...names, ...(isEverywhere ? outside : [host]), hostname(), ...here];
  return [...new Set(all)].filter((name) => /^[0-9a-z*.:-]+$/i.test(name));
}
