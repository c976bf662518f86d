/**
 * Many writes, one transaction: what each of them comes to when they are done one after the other. Nobody else writes
 * meanwhile, because the row of the store is locked; so this is decided here, and one that loses a race leaves the
 * others alone.
 */
import type { ReefError } from "../../../../core/errors.ts";
import { allowedChanges } from "../rows/allowed-changes.ts";
import type { Written } from "../rows/create-store.ts";
import { keyName, nameOf, type Place } from "../rows/keys.ts";
import type { Write } from "../../contract.ts";

/** One write that is asked for. */
export interface Asked {
  readonly place: Place;
  readonly writes: readonly Write[];
}

/** One write as it goes into the history. */
export interface Done {
  readonly place: string;
  readonly revision: number;
  readonly changes: readonly Write[];
}

export type Outcome = { readonly written: Written } | { readonly refused: unknown };

/** What is known of the store before the first write. */
export interface Known {
  readonly revision: number;
  /** Of an entry that is there and has not expired, by `keyName`. Those that nobody asks for are not needed. */
  readonly revisions: ReadonlyMap<string, number>;
}

export interface Decided {
  readonly outcomes: readonly Outcome[];
  readonly done: readonly Done[];
}

/** @param refusal what speaks against the first of them, where it would write */
export function decideWrites(
  asked: readonly Asked[],
  known: Known,
  refusal: ReefError | undefined,
): Decided {
  let { revision } = known;
  const revisions = new Map(known.revisions);
  const done: Done[] = [];
  const outcomes = asked.map((each, index): Outcome => {
    const place = nameOf(each.place);
    const revisionOf = (key: Uint8Array) => revisions.get(keyName(place, key)) || undefined;
    let changes: readonly Write[];
    try {
      changes = allowedChanges(each.writes, revisionOf);
      if (index === 0 && refusal) throw refusal;
    } catch (refused) {
      return { refused };
    }
    if (changes.length === 0) return { written: { revision, changed: false } };
    revision += 1;
    done.push({ place, revision, changes });
    for (const { key, value } of changes) revisions.set(keyName(place, key), value ? revision : 0);
    return { written: { revision, changed: true } };
  });
  return { outcomes, done };
}
