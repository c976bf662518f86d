/**
 * The certificate of the entrances, from files that somebody renews: the new one is used from the next look on, without
 * a restart, and one that cannot be used leaves the old one where it is.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { isIP } from "node:net";
import type { Clock, Timer } from "../../core/clock.ts";
import { ReefError } from "../../core/errors.ts";
import { EventSource } from "../../core/events.ts";
import type { Logger } from "../../core/log.ts";
import type { Certificate, TlsOptions } from "../../rpc/secure-sockets.ts";

export interface CertificateFilesOptions {
  /** Of the certificate, with those between it and its authority below it, and of its key. */
  readonly paths: TlsOptions;
  /** Called before each look, for whoever makes the files himself. */
  readonly refresh?: (() => Promise<void>) | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Looking costs two questions to the system; whoever has renewed something wants to see it at once. */
export const lookMs = 2_000;

/** What renews by itself has done so long before. */
const soonOverMs = 7 * 86_400_000;

/** Clients call by a few names; more are made up. */
const foundMax = 64;

interface Loaded extends TlsOptions {
  readonly x509: X509Certificate;
}

export class CertificateFiles implements Certificate, Disposable {
  readonly #options: CertificateFilesOptions;
  readonly #renewed = new EventSource<TlsOptions>();
  readonly #found = new Set<string>();
  #loaded: Loaded;
  /** What the files were like at the last look, used or not. */
  #seen: string;
  #isWarned = false;
  #next: Timer | undefined;

  private constructor(options: CertificateFilesOptions, loaded: Loaded, seen: string) {
    this.#options = options;
    this.#loaded = loaded;
    this.#seen = seen;
    this.#warnWhenSoonOver();
    this.#lookLater();
  }

  /** @throws {ReefError} `failed_precondition` for what cannot be shown to anybody now */
  static async open(options: CertificateFilesOptions): Promise<CertificateFiles> {
    const { paths, refresh, clock, log } = options;
    await refresh?.();
    const seen = await likenessOf(paths);
    const loaded = await load(paths, clock);
    const { mode } = await stat(paths.key);
    if ((mode & 0o077) !== 0) {
      const shown = (mode & 0o777).toString(8);
      log.warn(`Others of this machine may read ${paths.key} (${shown}): chmod 600 closes it`);
    }
    return new CertificateFiles(options, loaded, seen);
  }

  get cert(): string {
    return this.#loaded.cert;
  }

  get key(): string {
    return this.#loaded.key;
  }

  get name(): string | undefined {
    return namesOf(this.#loaded.x509).find((name) => !name.startsWith("*"));
  }

  get renewed() {
    return this.#renewed;
  }

  isFor(host: string): boolean {
    if (this.#found.has(host)) return true;
    if (!isFor(this.#loaded.x509, host.replace(/^\[|\]$/g, ""))) return false;
    if (this.#found.size < foundMax) this.#found.add(host);
    return true;
  }

  [Symbol.dispose](): void {
    this.#next?.cancel();
    this.#next = undefined;
  }

  #lookLater(): void {
    const look = () => void this.#look();
    this.#next = this.#options.clock.after(lookMs, look, { background: true });
  }

  async #look(): Promise<void> {
    const { paths, refresh, clock, log } = this.#options;
    try {
      await refresh?.();
      const seen = await likenessOf(paths);
      if (seen !== this.#seen) {
        this.#seen = seen;
        this.#loaded = await load(paths, clock);
        this.#found.clear();
        this.#isWarned = false;
        this.#renewed.emit(this.#loaded);
        log.info(`The certificate is renewed, until ${this.#loaded.x509.validTo}`);
      }
    } catch (error) {
      const { message } = ReefError.from(error);
      log.error(`The certificate of before is used on: ${message}`);
    }
    this.#warnWhenSoonOver();
    // It may have been disposed meanwhile.
    if (this.#next) this.#lookLater();
  }

  #warnWhenSoonOver(): void {
    const { clock, log, paths } = this.#options;
    const { validTo, validToDate } = this.#loaded.x509;
    if (this.#isWarned || validToDate.getTime() - clock.wallMs() > soonOverMs) return;
    this.#isWarned = true;
    log.warn(`The certificate ${paths.cert} is valid until ${validTo} only`);
  }
}

/** Whether a certificate is for a name or an address, or for the names of a pattern. */
export function isFor(x509: X509Certificate, name: string): boolean {
  if (name.startsWith("*.")) return namesOf(x509).includes(name);
  // Node throws for what could not be the name of a host.
  if (!/^[0-9a-z.:_-]{1,253}$/i.test(name)) return false;
  const found = isIP(name) > 0 ? x509.checkIP(name) : x509.checkHost(name, { subject: "never" });
  return found !== undefined;
}

/** Another whenever one of the files was written or replaced; links are followed, as those of certbot. */
async function likenessOf({ cert, key }: TlsOptions): Promise<string> {
  const both = await Promise.all(
    [cert, key].map(async (path) => {
      // One that is missing for a moment is seen again, and what is wrong is said by who reads it.
      const { ino, mtimeMs, size } = (await stat(path).catch(missing)) ?? {};
      return `${ino} ${mtimeMs} ${size}`;
    }),
  );
  return both.join();
}

function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

async function load(paths: TlsOptions, clock: Clock): Promise<Loaded> {
  // In order, so that of two that are wrong it is always the same one that is named.
  const cert = await read(paths.cert);
  const key = await read(paths.key);
  const x509 = parse(paths.cert, "it is no certificate in PEM", () => new X509Certificate(cert));
  const secret = parse(paths.key, "it is no key in PEM without a passphrase", () =>
    createPrivateKey(key),
  );
  if (!x509.checkPrivateKey(secret)) {
    throw unusable(
      paths.key,
      `it is not the key of ${paths.cert}`,
      "name the two that belong together",
    );
  }
  const next = "renew it";
  const { validFrom, validTo, validFromDate, validToDate } = x509;
  if (validToDate.getTime() <= clock.wallMs()) {
    throw unusable(paths.cert, `it was valid until ${validTo}`, next);
  }
  if (validFromDate.getTime() > clock.wallMs()) {
    throw unusable(
      paths.cert,
      `it is valid from ${validFrom} on`,
      "look at the clock of this machine",
    );
  }
  if (namesOf(x509).length === 0) {
    throw unusable(paths.cert, "it is for no name and no address", "get one with subjectAltName");
  }
  return { cert, key, x509 };
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw unusable(path, ReefError.from(cause).message, "look at its name and mode", cause);
  }
}

function parse<T>(path: string, rule: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw unusable(path, rule, "give one that is", cause);
  }
}

/** `DNS:a.example, IP Address:10.0.0.7`; one with a comma or a quote in it stands in quotes and is nobody's name. */
function namesOf(x509: X509Certificate): string[] {
  return [...altNamesOf(x509).matchAll(/(?:^|, )(?:DNS|IP Address):([^",\s]+)/g)].map(
    ([, name = ""]) => name,
  );
}

/** What Node 24 throws for a list of names that is empty, where later ones have "" for it. */
const emptyNames = "ERR_CRYPTO_OPERATION_FAILED";

function altNamesOf(x509: X509Certificate): string {
  try {
    return x509.subjectAltName ?? "";
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === emptyNames) return "";
    throw cause;
  }
}

function unusable(path: string, rule: string, next: string, cause?: unknown): ReefError {
  const text = `Cannot use ${path} for TLS: ${rule}; ${next}`;
  return new ReefError("failed_precondition", text, { cause, maybeExecuted: false });
}
