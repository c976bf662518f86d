/**
 * What a door needs to know, out of the watch of the table: keys, rules and revocations as they are, then as they
 * change. Accounts, secrets and sessions are nobody's business out there.
 */
import type { AuthEvent, PublicKey, Revocation } from "../../../../core/identity.ts";
import { AccessRules, type Rule } from "../../../../core/access-rules.ts";
import type { Change, WatchEvent } from "../../../store/index.ts";
import type { Records } from "./records.ts";

export function watchAuth(
  records: Records,
  issuer: string,
  signal: AbortSignal | undefined,
): AsyncIterable<AuthEvent> {
  return {
    [Symbol.asyncIterator]() {
      const left = new AbortController();
      const over = signal ? AbortSignal.any([signal, left.signal]) : left.signal;
      const events = records.watch(over)[Symbol.asyncIterator]();
      const reader = new Reader(issuer);
      const ready: AuthEvent[] = [];
      return {
        async next() {
          for (;;) {
            const event = ready.shift();
            if (event) return { done: false, value: event };
            // Each event may tell several things, or nothing that a door needs.
            // oxlint-disable-next-line no-await-in-loop
            const { done, value } = await events.next();
            if (done) return { done, value: undefined };
            ready.push(...reader.read(value));
          }
        },
        async return() {
          left.abort();
          await events.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

class Reader {
  readonly #rules = new Map<string, Map<string, Rule>>();
  readonly #issuer: string;
  #complete = false;

  constructor(issuer: string) {
    this.#issuer = issuer;
  }

  read(event: WatchEvent): AuthEvent[] {
    if (event.kind === "complete") {
      this.#complete = true;
      return [...this.#rulesOf(this.#rules.keys()), { kind: "complete", issuer: this.#issuer }];
    }
    const changed = new Set<string>();
    const told = event.changes.flatMap((change) => this.#hear(change, changed));
    return this.#complete ? [...told, ...this.#rulesOf(changed)] : told;
  }

  #hear({ key, value }: Change, changed: Set<string>): AuthEvent[] {
    const [kind, first = "", second = ""] = Buffer.from(key).toString().split("/");
    const text = value && Buffer.from(value).toString();
    if (kind === "rules") {
      const rules = this.#rules.get(first) ?? new Map<string, Rule>();
      this.#rules.set(first, rules);
      // This driver wrote it.
      if (text === undefined) rules.delete(second);
      else rules.set(second, JSON.parse(text) as Rule);
      changed.add(first);
    }
    if (text === undefined) return [];
    if (kind === "keys") {
      const { publicJwk } = JSON.parse(text) as { publicJwk: PublicKey };
      return [{ kind: "key", key: publicJwk }];
    }
    if (kind === "revoked") return [{ kind: "revoked", ...(JSON.parse(text) as Revocation) }];
    return [];
  }

  #rulesOf(namespaces: Iterable<string>): AuthEvent[] {
    return [...namespaces].map((namespace) => {
      const rules = [...(this.#rules.get(namespace)?.values() ?? [])];
      return { kind: "rules", namespace, rules: new AccessRules(namespace, rules).rules };
    });
  }
}
