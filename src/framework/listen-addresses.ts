/** Where a program listens that was not told where. */
import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";

import { parseAddress } from "../rpc/address.ts";
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
  const name = services[0]?.contract.name.slice(0, nameLengthMax) ?? "service";
  const socket = `${name}-${randomBytes(4).toString("hex")}.sock`;
  return [`unix:${join(folder, socket)}`, ...(env.port === undefined ? [] : [tcp])];
}

/** Of the platform's own socket; undefined when it has none, because it is on another machine. */
function folderOf(platform: Platform): string | undefined {
  const control = parseAddress(platform.control);
  return control.kind === "unix" ? dirname(control.path) : undefined;
}
