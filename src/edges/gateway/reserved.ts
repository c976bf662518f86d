/**
 * First segments of paths that no user service gets. Until callers have an identity the blocks are reachable by socket
 * only; their names stay closed here even where somebody registered a service of his own under one of them.
 */
const reservedNames: ReadonlySet<string> = new Set([
  "auth",
  "broker",
  "config",
  "events",
  "network",
  "registry",
  "runtime",
  "store",
  "sync",
  // The list of services itself.
  "services",
]);

export function isReserved(service: string): boolean {
  return reservedNames.has(service);
}
