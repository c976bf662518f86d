/**
 * Who the parts of a platform are to each other. What runs in the platform's process needs no identity: it has the
 * others themselves. What has a process of its own shows a token that its key in the state folder proves, and may do
 * what its part is there for: these rules are the platform's own, as the way to auth cannot lead through auth.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { AccessRules, type Resource } from "../../core/access-rules.ts";
import { type Clock, systemClock } from "../../core/clock.ts";
import type { CredentialSource } from "../../core/identity.ts";
import { homeNamespace, ownerScope } from "../../core/namespace-access.ts";
import type { StateFolder } from "../../framework/state-folder.ts";
import type { KnownToken } from "../../rpc/doorkeeper/known-tokens.ts";
import type { PartName } from "../profile.ts";
import { makePartsKey, PartsKeys } from "./parts-key.ts";

/**
 * `looker` only asks what runs, and is told so also while auth is not there; `keeper` puts right what no account may
 * any more, see `recoverOwner`.
 */
export type Insider = PartName | "platform" | "looker" | "keeper";

export interface PartIdentities {
  /** With which a part shows who it is. */
  credentials(name: Insider): CredentialSource;
  /** Whom a token is about that one of them shows, if it is one of `those`. */
  find(token: string, those: ReadonlySet<Insider>): KnownToken | undefined;
  /** Calls `listener` when tokens that were found have an end from now on, until what this returns is disposed. */
  onChange(listener: () => void): Disposable;
}

/** Who comes to a part that has a process of its own: others have their way through the platform. */
export const callersOfParts: ReadonlySet<Insider> = new Set(["platform", "looker"]);

/** Makes the key if there is none. */
export async function openPartIdentities(
  state: Pick<StateFolder, "identity">,
  { clock = systemClock }: { readonly clock?: Clock } = {},
): Promise<PartIdentities> {
  await makePartsKey(state, clock.wallMs());
  const keys = new PartsKeys(state, clock);
  const onChange = (listener: () => void) => keys.onChange(listener);
  return {
    credentials: (name) => ({ token: () => partToken(keys.current, name), onChange }),
    find(token, those) {
      if (!token.startsWith(prefix)) return undefined;
      for (const key of keys.good) {
        const name = partNamed(key, token);
        if (name === undefined) continue;
        // What the key proves was made here, for a name that stands below, or is older than this.
        const insider = those.has(name as Insider) ? insiders.get(name) : undefined;
        return insider && endingWith(insider, () => keys.endOf(key));
      }
      return undefined;
    },
    onChange,
  };
}

/** The same one, until the key ends that has proved it. */
function endingWith(insider: KnownToken, endMs: () => number): KnownToken {
  return {
    ...insider,
    get expiresMs() {
      return endMs();
    },
  };
}

/** For the part of this name; it is good as long as the key is there. */
function partToken(key: string, name: string): string {
  const proof = createHmac("sha256", key).update(`part ${name}`).digest("base64url");
  return `${prefix}${name}${separator}${proof}`;
}

/** The name of the part that a token is of; undefined for whatever else it is. */
function partNamed(key: string, token: string): string | undefined {
  const name = token.slice(prefix.length).split(separator)[0] ?? "";
  const [given, right] = [Buffer.from(token), Buffer.from(partToken(key, name))];
  return given.length === right.length && timingSafeEqual(given, right) ? name : undefined;
}

/** Signed tokens begin with a letter and have dots. */
const prefix = "~part~";
const separator = "~";

/** What an entrance has to know; whom it lets in is asked again behind it. */
const edgeNeeds = [
  "registry:list",
  "registry:resolve",
  "registry:contract",
  "registry:watch",
  "namespaces:watch",
  "auth:watch",
  "auth:exchange",
  "auth:report",
];

/** What each may, `NAME:METHOD`. */
const allowed: { readonly [name in Insider]: readonly string[] } = {
  platform: ["*:*"],
  looker: ["platform:status", "part:status"],
  keeper: ["auth:*"],
  store: [],
  registry: [],
  auth: ["store:*"],
  namespaces: ["store:*", "registry:*", "runtime:*", "auth:*"],
  runtime: ["store:*", "registry:*", "auth:keys", "auth:watch", "auth:issue", "auth:endSession"],
  gateway: edgeNeeds,
  proxy: edgeNeeds,
  ports: ["registry:watch", "auth:watch", "auth:report"],
};

/** Those that come to the control socket. */
export const callersOfPlatform: ReadonlySet<Insider> = new Set(
  // Its keys are these names.
  Object.keys(allowed) as Insider[],
);

/** They exchange tokens of their users by this name, see `edgeAuth`. */
const edges: ReadonlySet<Insider> = new Set(["gateway", "proxy"]);

const insiders: ReadonlyMap<string, KnownToken> = new Map(
  [...callersOfPlatform].map((name) => [name, knownOf(name)]),
);

function knownOf(name: Insider): KnownToken {
  const resources = [...allowed[name], ...allowed.looker].map(resourceOf);
  const rules = resources.map((resource, index) => ({
    id: `${name}-${index}`,
    scope: "+",
    resource,
    access: "granted" as const,
    priority: 0,
  }));
  return {
    account: edges.has(name) ? "edge:gateway" : `service:reef-${name}`,
    // It works for all namespaces, as an owner of the home does.
    namespace: homeNamespace,
    scopes: [ownerScope],
    session: "",
    generation: 0,
    expiresMs: Infinity,
    audience: undefined,
    actor: undefined,
    rules: new AccessRules(homeNamespace, rules),
  };
}

function resourceOf(text: string): Resource {
  const [name = "", endpoint = ""] = text.split(":");
  return { type: "block", name, endpoint };
}
