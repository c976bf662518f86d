/** What the rules of all namespaces have decided, remembered until they change; and what is open by such a decision. */
import type { AccessRules, Decision, Resource } from "../../core/access-rules.ts";
import type { ReefError } from "../../core/errors.ts";
import { isRevoked, type Revocation } from "../../core/identity.ts";
import type { Known } from "../doorkeeper.ts";

/** Something open, which ends when it would not be allowed any more. */
export interface Held {
  readonly known: Known;
  readonly namespace: string;
  readonly resource: Resource;
  readonly end: (reason: ReefError) => void;
  readonly forbidden: (known: Known, resource: Resource, decision: Decision) => ReefError;
}

/** Of one namespace; names of methods come from contracts, so there are few, and paths of programs may be many. */
const rememberedMax = 10_000;

const nobodyMay: Decision = { allowed: false };

export class Decisions {
  readonly #rules = new Map<string, AccessRules>();
  /** By everything that a decision depends on. */
  readonly #remembered = new Map<string, Decision>();
  readonly #held = new Set<Held>();
  /** Namespaces that were told since the present began. */
  #told = new Set<string>();

  of(known: Known, namespace: string, resource: Resource): Decision {
    const { type, name, endpoint } = resource;
    const whom = known ? `${known.namespace} ${known.scopes.join(" ")}` : "";
    const key = `${namespace}\n${whom}\n${type}:${name}:${endpoint}`;
    const before = this.#remembered.get(key);
    if (before) return before;
    const decision = this.#rules.get(namespace)?.decide(known, resource) ?? nobodyMay;
    if (this.#remembered.size >= rememberedMax) this.#remembered.clear();
    this.#remembered.set(key, decision);
    return decision;
  }

  hold(held: Held): Disposable {
    this.#held.add(held);
    return { [Symbol.dispose]: () => void this.#held.delete(held) };
  }

  /** The present is told anew. */
  begin(): void {
    this.#told = new Set();
  }

  learn(namespace: string, rules: AccessRules): void {
    this.#told.add(namespace);
    this.#rules.set(namespace, rules);
    this.#judgeAgain();
  }

  /** What was not told has no rules any more. */
  complete(): void {
    for (const namespace of this.#rules.keys()) {
      if (!this.#told.has(namespace)) this.#rules.delete(namespace);
    }
    this.#judgeAgain();
  }

  endRevoked(revocation: Revocation, reason: ReefError): void {
    for (const held of this.#held) {
      if (!held.known || !isRevoked(held.known, revocation)) continue;
      this.#held.delete(held);
      held.end(reason);
    }
  }

  #judgeAgain(): void {
    this.#remembered.clear();
    for (const held of this.#held) {
      const { known, namespace, resource, end, forbidden } = held;
      const decision = this.of(known, namespace, resource);
      if (decision.allowed) continue;
      this.#held.delete(held);
      end(forbidden(known, resource, decision));
    }
  }
}
