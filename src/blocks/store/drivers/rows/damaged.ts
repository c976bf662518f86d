/** What is said when a store does not have what was written. */
import { isUtf8 } from "node:buffer";

import { ReefError } from "../../../../core/errors.ts";
import { placeNamed } from "./keys.ts";

/** The one row that a store has of itself. */
export const ownRow = "the state";

/** Bytes of a key that are shown: by them it is found again, and a longer one would hide the rest of the text. */
const shownBytesMax = 64;

/** @throws {ReefError} `data_loss` */
export function damaged(what: string): never {
  throw new ReefError(
    "data_loss",
    `Cannot read ${what} of the store: it is damaged; restore a backup`,
  );
}

/**
 * With the row as it is now: the damage may be in what it is called by.
 * @throws {ReefError} `data_loss`
 */
export function damagedRow(kind: "entry" | "write", row: DamagedRow): never {
  const { database, table } = placeNamed(row.place);
  const place = `table ${quoted(table)} of database ${quoted(database)}`;
  const past = kind === "write" ? " in the history" : "";
  return damaged(`${kind} ${shown(row.key)}${past} in ${place}`);
}

export interface DamagedRow {
  /** By `nameOf`. */
  readonly place: string;
  readonly key: Uint8Array;
}

/** Bytes that are no text in hex. */
function shown(key: Uint8Array): string {
  const cut = key.length > shownBytesMax ? "..." : "";
  if (!isUtf8(key)) return `0x${Buffer.from(key.subarray(0, shownBytesMax)).toString("hex")}${cut}`;
  const text = Buffer.from(key).toString();
  return cut === "" ? quoted(text) : `${quoted(text.slice(0, shownBytesMax))}${cut}`;
}

/** Nothing that steers a terminal, or begins a line of a log. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(/\p{C}|\u2028|\u2029/gu, (odd) => {
    return `\\u{${odd.codePointAt(0)?.toString(16)}}`;
  });
}
