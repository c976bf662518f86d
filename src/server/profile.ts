/**
 * A profile: which driver each block runs on, and where it runs. Plain data, so that it can be shown, compared and
 * written to a file.
 */

/** In the platform's process, or in one of its own that `reef service` starts. */
export type Place = "platform" | "process";

export interface Profile {
  readonly name: string;
  readonly registry: { readonly driver: "memory"; readonly place: Place };
  readonly store: { readonly driver: "memory" | "sqlite" | "postgres"; readonly place: Place };
  readonly auth: { readonly driver: "store"; readonly place: Place };
  readonly namespaces: { readonly driver: "store"; readonly place: Place };
  readonly runtime: { readonly driver: "process"; readonly place: Place };
  readonly gateway: { readonly place: Place };
  readonly proxy: { readonly place: Place };
  readonly ports: { readonly place: Place };
}

/** The parts that can have a process of their own, each before those that need it. */
export const partNames = [
  "store",
  "registry",
  "auth",
  "namespaces",
  "runtime",
  "gateway",
  "proxy",
  "ports",
] as const;

export type PartName = (typeof partNames)[number];

/** One machine, nothing else installed. */
export const localProfile: Profile = {
  name: "local",
  registry: { driver: "memory", place: "platform" },
  store: { driver: "sqlite", place: "platform" },
  auth: { driver: "store", place: "platform" },
  namespaces: { driver: "store", place: "platform" },
  runtime: { driver: "process", place: "platform" },
  gateway: { place: "platform" },
  proxy: { place: "platform" },
  ports: { place: "platform" },
};

/** The same profile with these parts out of the platform's process. */
export function excluding(profile: Profile, names: readonly PartName[]): Profile {
  const places = names.map((name) => [name, { ...profile[name], place: "process" }]);
  // Nothing but the place of some parts is another.
  return { ...profile, ...Object.fromEntries(places) } as Profile;
}
