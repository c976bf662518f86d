/** A contract from schemas with every kind of field, and its service. */
import { inspect } from "node:util";

import { t } from "../../src/contract/builder.ts";
import { contract } from "../../src/contract/contract.ts";
import { method } from "../../src/contract/method.ts";
import { lockNumbers } from "../../src/contract/numbers/lock-numbers.ts";
import { codes, ReefError } from "../../src/core/errors.ts";
import { service } from "../../src/rpc/service.ts";
import { sayAsAsked } from "./beside.ts";

const Parcel = t.object({
  id: t.string(),
  label: t.string(),
  fragile: t.boolean(),
  count: t.int32({ minimum: -2_147_483_648, maximum: 1_000 }),
  total: t.integer(),
  serial: t.int64(),
  weight: t.number(),
  photo: t.bytes(),
  sentAt: t.timestamp(),
  color: t.enum(["red", "green"]),
  tags: t.list(t.string()),
  rows: t.list(t.list(t.int32({ maximum: 9 }))),
  note: t.string().optional(),
  extras: t.list(t.string()).optional(),
  pieces: t.int32().default(1),
  sizes: t.map(t.integer()),
  from: t.object({ city: t.string({ maxLength: 300_000 }), zip: t.string().optional() }),
  payment: t.oneof({ card: t.string(), cash: t.object({ amount: t.number() }) }),
  gift: t.string().nullable(),
  wish: t.string().nullable().optional(),
  meta: t.json(),
});

const methods = {
  send: method({
    description: "Takes a parcel, and says what it has seen of it",
    input: Parcel,
    output: t.object({ parcel: Parcel, seen: t.string() }),
    errors: {
      lost: {
        code: "not_found",
        description: "The parcel is lost",
        data: t.object({ id: t.string(), serial: t.int64(), photo: t.bytes(), at: t.timestamp() }),
      },
    },
    http: "POST /parcels/{id}",
  }),
};

/** Without numbers, so in JSON wherever it can be spoken at all. */
export const BareParcels = contract("parcels", methods, { version: "1.0.0" });

export const Parcels = contract("parcels", methods, {
  version: "1.0.0",
  numbers: { parcels: lockNumbers(BareParcels.descriptor) },
});

/** Its failures are asked for by the id of the parcel. */
export const parcels = service(Parcels, {
  send(parcel, call) {
    sayAsAsked(parcel.id, call);
    if (parcel.id.startsWith("lost")) {
      const { id, serial, photo, sentAt: at } = parcel;
      throw call.errors.lost({ id, serial, photo, at });
    }
    failAsAsked(parcel.id);
    const extra = { parcel: { ...parcel, unknown: 1 }, seen: seen(parcel), unknown: 2 };
    return extra;
  },
});

/** An error with a text of its own, or a bug. */
export function failAsAsked(id: string): void {
  if (id === "closed") throw new ReefError("failed_precondition", "The office is closed 🌙");
  if (id === "bug") throw new TypeError("A secret of the office");
  const code = codes.find((word) => id === `say ${word}`);
  if (code) throw new ReefError(code, `100 % ${code}:\nsee "§ 1", line 2`);
}

/** What a handler got, to the last detail: two mistakes that undo each other would not show in the answer. */
export function seen(message: unknown): string {
  return inspect(message, { depth: Infinity, breakLength: Infinity, compact: true, sorted: true });
}
