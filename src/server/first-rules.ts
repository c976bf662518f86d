/**
 * The rules that a namespace begins with. All of them can be seen by `reef auth rules`, and there is nothing behind
 * them: whoever deletes one has what is left.
 */
import {
  entranceResource,
  localRule,
  localRules,
  type Resource,
  type Rule,
} from "../core/access-rules.ts";
import { ownerScope } from "../core/namespace-access.ts";

/** What was written at the beginning of a namespace is completed once for each version after it. */
export const firstRulesVersion = 5;

/** The scope of what services are to the platform: the accounts that it makes for them have it. */
export const serviceScope = "service";

/** Those that came with a version after the given one; 0 is before the first. */
export function firstRulesSince(version: number): readonly Rule[] {
  return firstRules.slice(version).flat();
}

const everyService = resource("service", "*", "*");
const everyPage = resource("block", "entrance", "*");
const [, localPagesRule = ""] = localRules;

/** By version. An old one is never changed: somebody may have deleted what is in it. */
const firstRules: readonly (readonly Rule[])[] = [
  [
    { ...granted("owner", ownerScope, resource("*", "*", "*")), priority: 100 },
    granted("accounts", "*", everyService),
    { ...granted(localRule, "", everyService), priority: -100 },
  ],
  [
    // Who logs in is nobody yet.
    granted("login", "", resource("block", "auth", "login")),
    granted("refresh", "", resource("block", "auth", "refresh")),
    granted("keys", "", resource("block", "auth", "keys")),
    granted("exchange", "*", resource("block", "auth", "exchange")),
    granted("services-store", serviceScope, resource("block", "store", "*")),
    granted("services-registry", serviceScope, resource("block", "registry", "*")),
    granted("services-watch", serviceScope, resource("block", "auth", "watch")),
    granted("services-verify", serviceScope, resource("block", "auth", "verify")),
    ...["get", "list", "watch"].map((endpoint) =>
      granted(`namespaces-${endpoint}`, "*", resource("block", "namespaces", endpoint)),
    ),
    granted("services-status", serviceScope, resource("block", "platform", "status")),
  ],
  [
    // By the refresh token, which is proof enough.
    granted("logout", "", resource("block", "auth", "logout")),
    // Who may call services has to find them, in the namespace that is his.
    ...["list", "resolve", "contract", "watch"].map((endpoint) =>
      granted(`registry-${endpoint}`, "*", resource("block", "registry", endpoint)),
    ),
  ],
  // Each service decides for itself who may call it, and says so.
  [granted("services-report", serviceScope, resource("block", "auth", "report"))],
  [
    granted("entrance", "*", everyPage),
    // Who asks before he sends somebody here, as a load balancer does, has no account.
    granted("health", "", entranceResource("health")),
    { ...granted(localPagesRule, "", everyPage), priority: -100 },
  ],
];

function granted(id: string, scope: string, about: Resource): Rule {
  return { id, scope, resource: about, access: "granted", priority: 0 };
}

function resource(type: string, name: string, endpoint: string): Resource {
  return { type, name, endpoint };
}
