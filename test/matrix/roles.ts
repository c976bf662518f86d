/** Who asks in the matrix, and what that one is in each namespace. */
import type { Platform } from "../../src/framework/platform.ts";

export const roles = ["anonymous", "account", "service", "owner", "tenant"] as const;
export type Role = (typeof roles)[number];

export const namespaces = ["default", "acme"] as const;
export type Namespace = (typeof namespaces)[number];

/** What somebody is where he asks. */
export type Standing = "nobody" | "account" | "service" | "owner" | "home owner";

/** Undefined where he is not at home, and not let in by blocks nor by the entrances. */
export const standings: {
  readonly [role in Role]: { readonly [namespace in Namespace]: Standing | undefined };
} = {
  anonymous: { default: "nobody", acme: undefined },
  account: { default: "account", acme: undefined },
  service: { default: "service", acme: undefined },
  owner: { default: "home owner", acme: "home owner" },
  tenant: { default: undefined, acme: "owner" },
};

export type Tokens = ReadonlyMap<Role, string>;

/** `home` and `acme` are connections of the owner. */
export async function makeTokens(home: Platform, acme: Platform): Promise<Tokens> {
  const made = [
    ["account", home, "user:ann", []],
    ["service", home, "service:trip", ["service"]],
    ["owner", home, "user:olga", ["owner"]],
    ["tenant", acme, "user:tom", ["owner"]],
  ] as const;
  const tokens = new Map<Role, string>();
  for (const [role, platform, id, scopes] of made) {
    // oxlint-disable-next-line no-await-in-loop -- changes of a namespace are made in turn
    await platform.auth.createAccount({ id, scopes });
    // oxlint-disable-next-line no-await-in-loop
    tokens.set(role, (await platform.auth.createToken(id)).token);
  }
  return tokens;
}
