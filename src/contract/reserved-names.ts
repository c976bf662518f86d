/**
 * Names that no user service gets: the platform has, or will have, services of its own under them. Where an entrance
 * says one of these names it means that block, even where somebody registered a service of his own under it.
 */
const reservedNames: ReadonlySet<string> = new Set([
  "auth",
  "broker",
  "config",
  "events",
  "namespaces",
  "network",
  "platform",
  "registry",
  "runtime",
  "store",
  "sync",
  // The list of services itself.
  "services",
]);

export function isReservedName(service: string): boolean {
  return reservedNames.has(service) || isVersionName(service);
}

/** `v2`: in front of the name of a service it asks for a version, as in `/v2/greeter/hello`. */
export function isVersionName(text: string): boolean {
  return versionName.test(text);
}

const versionName = /^v\d{1,9}$/;
