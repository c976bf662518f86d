/**
 * One method, called in every way that there is: each gives the same answer and the same error. Each row of the table
 * is an input with what comes of it, each column a way to call.
 */
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { inspect, isDeepStrictEqual } from "node:util";

import { letterRows } from "./letter-rows.ts";
import { BareLetters, letters } from "./letters.ts";
import { openWays } from "./open-ways.ts";
import type { Outcome, Way } from "./outcome.ts";
import { parcelRows } from "./parcel-rows.ts";
import { BareParcels, parcels } from "./parcels.ts";
import type { Row } from "./row.ts";

const tables = { parcels: parcelRows, letters: letterRows };

const opened = await openWays([
  { service: parcels, bare: BareParcels },
  { service: letters, bare: BareLetters },
]);
after(() => opened[Symbol.asyncDispose]());

for (const [name, rows] of Object.entries(tables)) {
  describe(`every way to call ${name}`, () => {
    for (const row of rows) {
      test(`says the same of ${row.name}`, () => holds(row, opened.ways.get(name) ?? []));
    }
  });
}

async function holds(row: Row, ways: readonly Way[]): Promise<void> {
  const got = await Promise.all(
    ways.map(async (way) => [way.name, await way.call(row.input, row.json)] as const),
  );
  const wrong = got.flatMap(([way, outcome]) => {
    const exception = row.except?.find((each) => each.ways.includes(way));
    // An excuse that nobody needs hides the next mistake.
    if (exception && differenceOf(outcome, row.expected) === undefined) {
      return [{ way, problem: `needs no exception any more: ${exception.why}` }];
    }
    const problem = differenceOf(outcome, exception?.expected ?? row.expected);
    return problem === undefined ? [] : [{ way, problem }];
  });
  // Mostly several make the same mistake.
  const grouped = Map.groupBy(wrong, ({ problem }) => problem);
  const told = [...grouped].map(([problem, of]) => {
    return `${of.map(({ way }) => way).join("; ")}: ${problem}`;
  });
  if (told.length > 0) assert.fail(told.join("\n\n"));
}

/** JSON is compared where the way writes JSON. */
function differenceOf(got: Outcome, expected: Outcome): string | undefined {
  const { json, ...rest } = { json: undefined, ...expected };
  const wanted = json === undefined || "json" in got ? expected : rest;
  if (isDeepStrictEqual(got, wanted)) return undefined;
  return `it says\n${shown(got)}\nand not\n${shown(wanted)}`;
}

function shown(outcome: Outcome): string {
  return inspect(outcome, { depth: 6, maxArrayLength: 20, maxStringLength: 1_000, sorted: true });
}
