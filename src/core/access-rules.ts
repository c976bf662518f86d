/**
 * Who may do what: rules, and the decision that follows from them. Pure, because it is asked at every door: by the
 * gateway, by the proxy and again by each service.
 *
 * Denied by default: what no rule grants is forbidden. Of the rules that apply the one with the highest priority
 * decides, and among equals one that denies, so that adding a rule can never open what another one closes beside it.
 * Source: `internal/auth/rules` of Micro v3, without its default that made everything public.
 */
import { type Subject, subjectIn } from "./namespace-access.ts";

/** What is asked for. `*` is never a part of it. */
export interface Resource {
  /** `service` for what users have written, `block` for a primitive of the platform. */
  readonly type: string;
  /** Of the service. */
  readonly name: string;
  /** The method, or a path. */
  readonly endpoint: string;
}

export type Access = "granted" | "denied";

export interface Rule {
  /** By which it is listed, changed and named in the log. */
  readonly id: string;
  /**
   * Whom it is about: `""` everybody, even nobody known; `*` every account of the namespace; `+` every account of
   * every namespace, `+acme` every one of that namespace; a word those accounts of the namespace that have it among
   * their scopes. Owners of the home are among the accounts of each namespace, and owners there.
   */
  readonly scope: string;
  /** Each part a name or `*`; the endpoint also `path/*`, which is everything below that path. */
  readonly resource: Resource;
  readonly access: Access;
  /** The highest decides. */
  readonly priority: number;
}

/** Lets in whom nobody knows, on this machine. */
export const localRule = "anonymous";

/** Those are for this machine: what the network reaches does as if they were not there. */
export const localRules: readonly string[] = [localRule, "anonymous-entrance"];

/**
 * What an entrance, and the port of a service, says of what is behind it: which services there are, what they promise
 * (OpenAPI, reflection), and whether they take calls.
 */
export type EntrancePage = "services" | "contracts" | "health";

/** By which rules decide who is told. */
export function entranceResource(page: EntrancePage): Resource {
  return { type: "block", name: "entrance", endpoint: page };
}

export interface Decision {
  readonly allowed: boolean;
  /** The rule that decided; absent when none applied. */
  readonly rule?: Rule;
}

/** The rules of one namespace, ready to be asked. */
export class AccessRules {
  readonly #namespace: string;
  readonly #rules: readonly Rule[];

  constructor(namespace: string, rules: readonly Rule[]) {
    this.#namespace = namespace;
    this.#rules = rules.toSorted(byWeight);
  }

  /** Heaviest first. */
  get rules(): readonly Rule[] {
    return this.#rules;
  }

  /** What becomes of a question; `subject` is undefined for one whom nobody knows. */
  decide(subject: Subject | undefined, resource: Resource): Decision {
    const here = subject && subjectIn(subject, this.#namespace);
    const rule = this.#rules.find(
      (each) => isAbout(each.resource, resource) && this.#concerns(each.scope, here),
    );
    return rule ? { allowed: rule.access === "granted", rule } : { allowed: false };
  }

  #concerns(scope: string, subject: Subject | undefined): boolean {
    if (scope === "") return true;
    if (subject === undefined) return false;
    if (scope === "+" || scope === `+${subject.namespace}`) return true;
    // Of another namespace: the scopes that it has there mean nothing here.
    if (subject.namespace !== this.#namespace) return false;
    return scope === "*" || subject.scopes.includes(scope);
  }
}

/** Equal priorities: what denies comes first, then the name decides, so that the order of writing never does. */
function byWeight(one: Rule, other: Rule): number {
  if (one.priority !== other.priority) return other.priority - one.priority;
  if (one.access !== other.access) return one.access === "denied" ? -1 : 1;
  return one.id < other.id ? -1 : 1;
}

function isAbout(pattern: Resource, asked: Resource): boolean {
  return (
    isName(pattern.type, asked.type) &&
    isName(pattern.name, asked.name) &&
    isEndpoint(pattern.endpoint, asked.endpoint)
  );
}

function isName(pattern: string, name: string): boolean {
  return pattern === "*" || pattern === name;
}

/** `/orders/*` is all below `/orders`, and not `/orders` itself, nor `/orders-of-others`. */
function isEndpoint(pattern: string, endpoint: string): boolean {
  if (isName(pattern, endpoint)) return true;
  return pattern.endsWith("/*") && endpoint.startsWith(pattern.slice(0, -1));
}
