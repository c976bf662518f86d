/** Fills a page with rows that come in their order, and says where the next one begins. */
import { violationError } from "../../../../contract/violations.ts";
import type { ListQuery } from "../../contract.ts";
import { listScanMax, messageBytesMax } from "../../index.ts";
import { orderOf } from "./keys.ts";

/** What is known of a row before it is taken. */
export interface PageRow {
  readonly key: Uint8Array;
  /** Of the key and the value. */
  readonly bytes: number;
}

/** The rows of one page. */
export interface TakenRows<R> {
  readonly rows: readonly R[];
  readonly cursor?: string;
}

/** `rows` begin behind the query's cursor; of what comes behind the page they are asked for one row at most. */
export function takePage<R extends PageRow>(rows: Iterable<R>, query: ListQuery): TakenRows<R> {
  const suffix = query.suffix && orderOf(query.suffix);
  const taken: R[] = [];
  let bytes = 0;
  let walked = 0;
  let last: Uint8Array | undefined;
  for (const row of rows) {
    const wanted = suffix === undefined || orderOf(row.key).endsWith(suffix);
    const full =
      walked === listScanMax ||
      (wanted && taken.length === query.limit) ||
      (wanted && taken.length > 0 && bytes + row.bytes > messageBytesMax);
    if (full && last) return { rows: taken, cursor: Buffer.from(last).toString("base64url") };
    walked += 1;
    last = row.key;
    if (!wanted) continue;
    taken.push(row);
    bytes += row.bytes;
  }
  return { rows: taken };
}

/** The last key that the page before has walked over. @throws {ReefError} `invalid_argument` */
export function keyOfCursor(cursor: string): Uint8Array {
  const key = Buffer.from(cursor, "base64url");
  if (key.toString("base64url") === cursor) return key;
  const message = "must be the cursor of a page before";
  throw violationError("this question", [{ path: ["cursor"], message }]);
}
