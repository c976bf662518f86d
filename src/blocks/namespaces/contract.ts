/**
 * The promise of `index.ts` as a contract, so that any language can call it, and the rules for what may be asked. A
 * namespace is a field here and not that of the call: this is about all of them.
 */
import { t } from "../../contract/builder.ts";
import { contract } from "../../contract/contract.ts";
import type { Message } from "../../contract/message.ts";
import { method, stream } from "../../contract/method.ts";
import numbers from "./contract.numbers.json" with { type: "json" };
import { quotaMax } from "./index.ts";

/** One label of a DNS name. */
const name = t.string({ pattern: /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/ });
const base = name.optional();
const quota = t.integer({ minimum: 0, maximum: quotaMax }).optional();
const cursor = t.string({ maxLength: 512 }).optional();

const QuotasType = t.object({ services: quota, keys: quota, bytes: quota, callsPerSecond: quota });
const NamespaceType = t.object({
  name,
  base,
  quotas: QuotasType,
  createdMs: t.integer({ minimum: 0 }),
});
const without = t
  .list(t.enum(["base", "services", "keys", "bytes", "callsPerSecond"]), { maxItems: 10 })
  .optional();
/** With each kind comes what `NamespaceEvent` has with it. */
const EventType = t.object({
  kind: t.enum(["namespace", "gone", "complete"]),
  namespace: NamespaceType.optional(),
  name: name.optional(),
});

export const NamespacesContract = contract(
  "namespaces",
  {
    create: method({
      description: "A new namespace, with its first rules and nobody in it",
      input: t.object({ name, base, quotas: QuotasType.optional() }),
      output: t.object({ namespace: NamespaceType }),
    }),
    get: method({
      description: "The namespace, if there is one",
      input: t.object({ name }),
      output: t.object({ namespace: NamespaceType.optional() }),
      idempotent: true,
    }),
    list: method({
      description: "One page of namespaces in the order of their names",
      input: t.object({ cursor }),
      output: t.object({ items: t.list(NamespaceType), cursor }),
      idempotent: true,
    }),
    change: method({
      description: "Another base or other quotas; what is left out stays",
      input: t.object({ name, base, quotas: QuotasType.optional(), without }),
      output: t.object({ namespace: NamespaceType }),
    }),
    delete: method({
      description:
        "Deletes a namespace, and says whether it was there; what is not empty only by force",
      input: t.object({ name, force: t.boolean().default(false) }),
      output: t.object({ deleted: t.boolean() }),
    }),
    watch: method({
      description: "All that are there, then each change",
      output: stream(EventType),
      idempotent: true,
    }),
  },
  { version: "1.0.0", description: "Tenants and branches, and how much they may take", numbers },
);

const { create, get, change, delete: deletion } = NamespacesContract.methods;

/** A namespace to be made. @throws {ReefError} `invalid_argument`, as every `parseX` of this file does */
export const parseNewNamespace = parser(create.input);
export const parseName = parser(get.input);
export const parseChange = parser(change.input);
export const parseDeletion = parser(deletion.input);

function parser<Sent, Seen>({ validate, copy }: Message<Sent, Seen>): (given: Sent) => Seen {
  return (given) => {
    // Synchronous, because the schemas are our own.
    void validate(given);
    return copy(given);
  };
}
