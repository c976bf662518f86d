/** A profile: which driver each block runs on. Plain data, so that it can be shown, compared and written to a file. */

export interface Profile {
  readonly name: string;
  readonly registry: { readonly driver: "memory" };
  readonly store: { readonly driver: "memory" | "sqlite" };
  readonly runtime: { readonly driver: "process" };
}

/** One machine, nothing else installed. */
export const localProfile: Profile = {
  name: "local",
  registry: { driver: "memory" },
  store: { driver: "sqlite" },
  runtime: { driver: "process" },
};
