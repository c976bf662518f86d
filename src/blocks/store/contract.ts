/**
 * The promise of `index.ts` as a contract, so that any language can call it, and the rules for what may be asked. The
 * database is the namespace of the call.
 *
 * Only reading is idempotent. A write that is repeated because its answer was lost would undo what others wrote in
 * between, and one with a condition would refuse itself; so only its caller can know what to do.
 */
import { t } from "../../contract/builder.ts";
import { contract } from "../../contract/contract.ts";
import { method, stream } from "../../contract/method.ts";
import { parseMessage } from "../../contract/parse-message.ts";
import type { InputOf } from "../../contract/standard-schema.ts";
import { violationError } from "../../contract/violations.ts";
import type { Waiting } from "../../core/waiting.ts";
import type { Bytes, Entry, ListOptions, Operation, WatchOptions } from "./index.ts";
import numbers from "./contract.numbers.json" with { type: "json" };
import * as limits from "./index.ts";

/** The rule of namespaces and services: one label of a DNS name. */
const nameRule = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;
const name = t.string({ pattern: nameRule });
const key = t.bytes({ maxBytes: limits.keyBytesMax });
const value = t.bytes({ maxBytes: limits.valueBytesMax });
const revision = t.integer({ minimum: 0 });
const ttlMs = t.integer({ minimum: 1, maximum: limits.ttlMsMax }).optional();
const expectedRevision = revision.optional();
const limit = t.integer({ minimum: 1, maximum: limits.listLimitMax });

const putFields = { key, value, ttlMs, expectedRevision };
const deleteFields = { key, expectedRevision };
const OperationType = t.oneof({ put: t.object(putFields), delete: t.object(deleteFields) });
const operations = t.list(OperationType, { maxItems: limits.batchOperationsMax });

const EntryType = t.object({ key, value, revision, ttlMs });
const moment = { epoch: t.string(), revision };
/** With each kind comes what `WatchEvent` has with it. */
const EventType = t.object({
  kind: t.enum(["present", "complete", "change"]),
  epoch: moment.epoch.optional(),
  revision: revision.optional(),
  changes: t.list(t.object({ key, value: value.optional() })).optional(),
});

const conflict = {
  code: "aborted",
  description: "Another entry is there than expected",
  data: t.object({ key, revision }),
} as const;

export const StoreContract = contract(
  "store",
  {
    get: method({
      description: "The entry under a key, if there is one",
      input: t.object({ table: name, key }),
      output: t.object({ entry: EntryType.optional() }),
      idempotent: true,
    }),
    put: method({
      description: "Writes an entry; with expectedRevision, only in the place of that one",
      input: t.object({ table: name, ...putFields }),
      output: t.object({ revision }),
      errors: { conflict },
    }),
    delete: method({
      description: "Deletes an entry, and says whether it was there",
      input: t.object({ table: name, ...deleteFields }),
      output: t.object({ deleted: t.boolean() }),
      errors: { conflict },
    }),
    batch: method({
      description: "All of these writes, or none",
      input: t.object({ table: name, operations }),
      output: t.object({ revision }),
      errors: { conflict },
    }),
    list: method({
      description: "One page of entries in the order of their keys",
      input: t.object({
        table: name,
        prefix: key.optional(),
        suffix: key.optional(),
        order: t.enum(["ascending", "descending"]).default("ascending"),
        limit: limit.default(limits.listLimitDefault),
        cursor: t.string().optional(),
      }),
      output: t.object({ items: t.list(EntryType), cursor: t.string().optional() }),
      idempotent: true,
    }),
    tables: method({
      description: "The names of the tables that have entries",
      output: t.object({ tables: t.list(name) }),
      idempotent: true,
    }),
    survives: method({
      description: "What may end without harm to acknowledged writes",
      output: t.object({ survives: t.enum(["nothing", "process", "machine", "power"]) }),
      idempotent: true,
    }),
    watch: method({
      description: "The present, or what happened after a moment, then each change once, in order",
      input: t.object({ table: name, prefix: key.optional(), after: t.object(moment).optional() }),
      output: stream(EventType),
      idempotent: true,
    }),
  },
  { version: "1.0.0", description: "Keys with values, in tables", numbers },
);

const { get, put, delete: deletion, batch, list, watch } = StoreContract.methods;

/** A page that is asked for; and a watch. */
export type ListQuery = ReturnType<typeof list.input.copy>;
export type WatchQuery = ReturnType<typeof watch.input.copy>;

/** One write; without a value it deletes. */
export interface Write {
  readonly key: Uint8Array;
  readonly value?: Uint8Array;
  readonly ttlMs?: number;
  readonly expectedRevision?: number;
}

/** How `service.ts` goes past the rules below: its input has passed the schema of its method, and is nobody else's. */
export const checked = Symbol("takes checked input");
export interface Checked {
  get(key: Uint8Array, waiting: Waiting): Promise<Entry | undefined>;
  write(write: Write, waiting: Waiting): Promise<{ revision: number; changed: boolean }>;
}

/** A name. @throws {ReefError} `invalid_argument`, as every `parseX` of this file does */
export function parseDatabase(database: string): string {
  if (typeof database === "string" && nameRule.test(database)) return database;
  const message = `must match the pattern ${nameRule.source}, is ${JSON.stringify(database)}`;
  throw violationError("this database", [{ path: [], message }]);
}

export function parseKey(table: string, given: Bytes): Uint8Array {
  return parseMessage(get.input, { table, key: bytesOf(given) }).key;
}

export function parseList(table: string, options: ListOptions): ListQuery {
  const { signal: _, prefix, suffix, ...rest } = options;
  const part = { prefix: maybeBytes(prefix), suffix: maybeBytes(suffix) };
  return parseMessage(list.input, { ...rest, ...part, table });
}

export function parseWatch(table: string, { prefix, after }: WatchOptions): WatchQuery {
  return parseMessage(watch.input, { table, prefix: maybeBytes(prefix), after });
}

export function parseOperations(table: string, given: readonly Operation[]): Write[] {
  const [first] = given;
  // Nearly all writes are alone: no list is built for them and taken apart again.
  if (first && given.length === 1) return [parseOperation(table, first)];
  const { operations } = parseMessage(batch.input, { table, operations: given.map(operationOf) });
  const keys = new Set<string>();
  let bytes = 0;
  const writes = operations.map((each): Write => ("put" in each ? each.put : each.delete));
  for (const [index, { key, value }] of writes.entries()) {
    bytes += key.length + (value?.length ?? 0);
    const path = ["operations", index, "key"];
    const known = keys.size;
    if (keys.add(Buffer.from(key).toString("latin1")).size > known) continue;
    throw violationError("this batch", [{ path, message: "must be there once, is there twice" }]);
  }
  if (bytes <= limits.messageBytesMax) return writes;
  const message = `must have at most ${limits.messageBytesMax} bytes, has ${bytes}`;
  throw violationError("this batch", [{ path: ["operations"], message }]);
}

function parseOperation(table: string, given: Operation): Write {
  const operation = operationOf(given);
  return "put" in operation
    ? parseMessage(put.input, { table, ...operation.put })
    : parseMessage(deletion.input, { table, ...operation.delete });
}

/** One write of a batch as it travels. */
export function operationOf(operation: Operation): InputOf<typeof OperationType> {
  const { kind, key, expectedRevision } = operation;
  if (kind === "delete") return { delete: { key: bytesOf(key), expectedRevision } };
  const { value, ttlMs } = operation;
  const put = { key: bytesOf(key), value: bytesOf(value), ttlMs, expectedRevision };
  if (kind === "put") return { put };
  throw violationError("this batch", [{ path: ["kind"], message: 'must be "put" or "delete"' }]);
}

/** Bytes as they travel. */
export function bytesOf(given: Bytes): Uint8Array {
  if (typeof given !== "string") return given;
  if (given.isWellFormed()) return Buffer.from(given);
  // Encoders replace it: two keys would become one.
  const message = "has half a surrogate pair; give bytes";
  throw violationError("this text", [{ path: [], message }]);
}

export function maybeBytes(given: Bytes | undefined): Uint8Array | undefined {
  return given === undefined ? undefined : bytesOf(given);
}
