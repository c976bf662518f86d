/** Where a program listens that was not told where. */
import { createHash, randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";

import { ReefError } from "../core/errors.ts";
import { isLoopback, parseAddress } from "../rpc/address.ts";
import type { Service } from "../rpc/service.ts";
import type { Environment } from "./environment.ts";
import type { Platform } from "./platform.ts";

/** Of a service's name in the name of its socket: for people who look into the folder. */
const nameLengthMax = 24;

/**
 * On a platform a Unix socket in its folder, and `PORT` if that is set; alone `PORT`, or any free port. Makes the
 * folder when it is not there.
 */
export async function listenAddresses(
  env: Environment,
  platform: Platform | undefined,
  services: readonly Service[],
): Promise<string[]> {
  const tcp = `tcp://127.0.0.1:${env.port ?? 0}`;
  const folder = platform && (env.sockets ?? folderOf(platform));
  if (!folder) return [tcp];
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const socket = socketName(env, services[0]?.contract.name ?? "service");
  return [`unix:${join(folder, socket)}`, ...(env.port === undefined ? [] : [tcp])];
}

/**
 * Who can reach these addresses.
 * @throws {ReefError} `failed_precondition` when the network would be served in clear
 */
export function reachOf(
  addresses: readonly string[],
  { isSecure }: { readonly isSecure: boolean },
): "this machine" | "the network" {
  const outside = addresses.find((address) => {
    const parsed = parseAddress(address);
    return parsed.kind === "tcp" && !isLoopback(parsed.host);
  });
  if (outside === undefined) return "this machine";
  if (isSecure) return "the network";
  const rule = "beyond this machine everything goes over TLS, and there is no certificate";
  const text = `Cannot listen on ${outside}: ${rule}; give serve() one by { tls: { cert, key } }`;
  throw new ReefError("failed_precondition", text, { maybeExecuted: false });
}

/**
 * What the runtime runs under one name has one address for ever: a restarted process takes the place of the one before.
 * Of programs that somebody else starts there may be several at once.
 */
function socketName({ instance, name, namespace }: Environment, service: string): string {
  if (instance === undefined || name === undefined) {
    return `${service.slice(0, nameLengthMax)}-${randomBytes(4).toString("hex")}.sock`;
  }
  // Names are longer than a socket's path may be; their digest keeps those apart that begin alike.
  const digest = createHash("sha256").update(`${namespace}/${name}`).digest("hex").slice(0, 8);
  return `${name.slice(0, nameLengthMax)}-${digest}.sock`;
}

/** Of the platform's own socket; undefined when it has none, because it is on another machine. */
function folderOf(platform: Platform): string | undefined {
  const control = parseAddress(platform.control);
  return control.kind === "unix" ? dirname(control.path) : undefined;
}
