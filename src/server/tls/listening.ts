/**
 * Where the entrances of a platform listen, and what that demands. This machine alone is the default; beyond it
 * everything goes over TLS, and whom nobody knows is nobody there.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../../core/clock.ts";
import { ReefError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { StateFolder } from "../../framework/state-folder.ts";
import { isLoopback } from "../../rpc/address.ts";
import type { Certificate, TlsOptions } from "../../rpc/secure-sockets.ts";
import { platformId } from "../platform-id.ts";

/** Files of a certificate and its key, or one of the platform's own making, for names beside those of the machine. */
export type TlsChoice = TlsOptions | { readonly own: true; readonly names: readonly string[] };

export interface Listening {
  readonly host: string;
  /** Absent where it is in clear. */
  readonly certificate?: Certificate | undefined;
  /** Who can reach it. */
  readonly reach: "this machine" | "the network";
  /** The file that tells callers of the authority, when that is the platform's own. */
  readonly authority?: string | undefined;
}

export interface ListeningOptions {
  readonly host: string;
  readonly tls?: TlsChoice | undefined;
  readonly state: StateFolder;
  readonly log: Logger;
}

/** @throws {ReefError} `failed_precondition` when the network would be let in with less than it takes */
export async function openListening(
  { host, tls, state, log }: ListeningOptions,
  stack: AsyncDisposableStack,
): Promise<Listening> {
  const reach = isLoopback(host) ? "this machine" : "the network";
  if (reach === "the network") {
    if (!tls) throw needsTls(host);
    await checkOwnerSecret(host, state);
  }
  if (!tls) return { host, reach };
  const { CertificateFiles } = await import("./certificate-files.ts");
  if (!("own" in tls)) {
    const paths = { cert: tls.cert, key: tls.key };
    const certificate = stack.use(await CertificateFiles.open({ paths, clock: systemClock, log }));
    return { host, reach, certificate };
  }
  const { openOwnCertificate } = await import("./own-certificate.ts");
  const { names } = tls;
  const id = await platformId(state);
  const own = await openOwnCertificate({ state, id, host, names, clock: systemClock });
  const { paths, refresh, authority } = own;
  const options = { paths, refresh, clock: systemClock, log };
  const certificate = stack.use(await CertificateFiles.open(options));
  return { host, reach, certificate, authority };
}

function needsTls(host: string): ReefError {
  const rule = "beyond this machine everything goes over TLS, and there is no certificate";
  const next =
    "add --tls-cert FILE and --tls-key FILE, or --tls-own for one that the platform makes itself";
  const text = `Cannot listen on ${JSON.stringify(host)}: ${rule}; ${next}`;
  return new ReefError("failed_precondition", text, { maybeExecuted: false });
}

/** Nobody chose it, so it is as good as a changed one, as long as nobody else has read it. */
async function checkOwnerSecret(host: string, { path }: StateFolder): Promise<void> {
  const file = join(path, "owner.secret");
  const mode = (await stat(file).catch(missing))?.mode ?? 0;
  if ((mode & 0o077) === 0) return;
  const rule = `others of this machine may read ${file}, the secret of the first owner`;
  const next = `"reef auth renew owner" makes another one, chmod 600 closes the file`;
  const text = `Cannot listen on ${JSON.stringify(host)}: ${rule}; ${next}`;
  throw new ReefError("failed_precondition", text, { maybeExecuted: false });
}

/** It is made by this start. */
function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
