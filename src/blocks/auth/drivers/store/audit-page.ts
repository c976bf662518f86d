/**
 * One page of the audit, the newest first. What auth does is written beside what it changes; what doors report lies in
 * a table of its own, so that those who watch the other do not read it. Both are read side by side.
 */
import { type AuditEntry, type AuditFilter, isWanted } from "../../../../core/audit.ts";
import { violationError } from "../../../../contract/violations.ts";
import { type Page, pageItems, type PageOptions } from "../../index.ts";
import { auditPrefix, timeOf } from "./audit.ts";
import type { Records } from "./records.ts";

/** Entries that are looked at for one page of those that are wanted: few may be. */
const lookedAt = 500;

/** Where the walk through one table is. */
interface Walk {
  readonly records: Records;
  /** Of the page that is being read; undefined for the first. */
  cursor: string | undefined;
  isOver: boolean;
}

interface Found {
  /** In the order of time. */
  readonly name: string;
  readonly entry: AuditEntry;
}

export async function auditPage(
  tables: readonly Records[],
  namespace: string,
  { cursor, signal, ...wanted }: AuditFilter & PageOptions,
): Promise<Page<AuditEntry>> {
  const { walks, last } = begin(tables, cursor);
  const isFiltered = Object.values(wanted).some((value) => value !== undefined);
  const limit = isFiltered ? lookedAt : pageItems;
  const prefix = auditPrefix(namespace);
  const pages = await Promise.all(
    walks.map(async (walk) => {
      if (walk.isOver) return { walk, found: [] };
      const options = { prefix, order: "descending", limit, cursor: walk.cursor, signal } as const;
      const page = await walk.records.entries<AuditEntry>(options);
      const all = page.items.map(({ path, value }) => ({
        name: path.slice(prefix.length),
        entry: value,
      }));
      // What came before it in time was told.
      return { walk, next: page.cursor, end: all.at(-1)?.name, found: all.filter(isBefore(last)) };
    }),
  );
  // No further than all that have more have been read.
  const until = pages.map(({ next, end }) => (next === undefined ? "" : (end ?? "~"))).toSorted();
  const from = until.at(-1) ?? "";
  const taken = pages
    .flatMap(({ found }) => found)
    .filter(({ name }) => name >= from)
    .toSorted((one, other) => (one.name < other.name ? 1 : -1));
  const lastTaken = taken.at(-1)?.name ?? last;
  for (const { walk, next, end } of pages) {
    if (end !== undefined && (lastTaken === undefined || end < lastTaken)) continue;
    walk.cursor = next;
    walk.isOver = next === undefined;
  }
  const items = taken.map(({ entry }) => entry).filter((entry) => isWanted(entry, wanted));
  const isOver = walks.every((walk) => walk.isOver) || isTooOld(lastTaken, wanted);
  return isOver ? { items } : { items, cursor: cursorOf(walks, lastTaken) };
}

function isBefore(last: string | undefined): (found: Found) => boolean {
  return ({ name }) => last === undefined || name < last;
}

/** What is written down was over by then. */
function isTooOld(last: string | undefined, { sinceMs = 0 }: AuditFilter): boolean {
  return last !== undefined && timeOf(last) < sinceMs;
}

/** Neither cursors of the store nor names of entries have it. */
const separator = ".";
/** In the place of a cursor. */
const over = "~";

function cursorOf(walks: readonly Walk[], last: string | undefined): string {
  const places = walks.map(({ cursor, isOver }) => (isOver ? over : (cursor ?? "")));
  return [last ?? "", ...places].join(separator);
}

function begin(
  tables: readonly Records[],
  cursor: string | undefined,
): { readonly walks: Walk[]; readonly last: string | undefined } {
  const [last, ...places] = cursor?.split(separator) ?? [];
  if (cursor !== undefined && places.length !== tables.length) {
    const message = "must be the cursor of a page before";
    throw violationError("this question", [{ path: ["cursor"], message }]);
  }
  const walks = tables.map((records, index) => {
    const place = places[index] ?? "";
    return { records, cursor: place === "" ? undefined : place, isOver: place === over };
  });
  return { walks, last: last === "" ? undefined : last };
}
