/** This machine, under names that cannot mean another one: what listens there is reached by nobody from outside. */
import { isIP } from "node:net";

export function isLoopback(host: string): boolean {
  if (isIP(host) === 4) return host.startsWith("127.");
  return host === "localhost" || host === "::1";
}
