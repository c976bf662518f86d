/** The checker itself: histories that have an order, and histories that have none. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Action, Call, Outcome } from "./calls.ts";
import { linearizable } from "./linearizable.ts";

const get: Action = { kind: "get" };
const nothing: Outcome = { kind: "found", revision: 0 };
const put = (value: string, expectedRevision?: number): Action => ({
  kind: "put",
  value,
  expectedRevision,
});
const remove = (expectedRevision?: number): Action => ({ kind: "delete", expectedRevision });
const found = (value: string, revision: number): Outcome => ({ kind: "found", value, revision });
const written = (revision: number): Outcome => ({ kind: "written", revision });
const deleted = (was: boolean): Outcome => ({ kind: "deleted", was });
const conflict = (revision: number): Outcome => ({ kind: "conflict", revision });

type Row = readonly [start: number, end: number, action: Action, outcome?: Outcome, key?: string];

const possible: { readonly [claim: string]: readonly Row[] } = {
  "nothing at all": [],
  "one after the other": [
    [0, 1, get, nothing],
    [2, 3, put("1"), written(1)],
    [4, 5, get, found("1", 1)],
    [6, 7, remove(1), deleted(true)],
    [8, 9, remove(), deleted(false)],
    [10, 11, put("2", 0), written(3)],
    [12, 13, put("3", 1), conflict(3)],
  ],
  "a read at once with a write sees either": [
    [0, 9, put("1"), written(1)],
    [1, 2, get, nothing],
    [3, 4, get, found("1", 1)],
  ],
  "writes at once, in the order of their revisions": [
    [0, 9, put("1"), written(2)],
    [0, 9, put("2"), written(1)],
    [10, 11, get, found("1", 2)],
  ],
  "of two who expect the same one wins": [
    [0, 9, put("1", 0), written(1)],
    [0, 9, put("2", 0), conflict(1)],
  ],
  "what was given up may have happened": [
    [0, 1, put("1")],
    [2, 3, get, found("1", 5)],
    [4, 5, put("2", 5), written(6)],
  ],
  "what was given up may have happened later, or never": [
    [0, 1, put("1")],
    [2, 3, get, nothing],
    [4, 5, put("2"), written(1)],
    [6, 7, get, found("2", 1)],
    [8, 9, get, found("1", 2)],
  ],
  "a condition that was given up may have been refused": [
    [0, 1, put("1", 7)],
    [2, 3, remove(9)],
    [4, 5, get, nothing],
  ],
  "a put that was given up, of which only the revision was told": [
    [0, 1, put("1")],
    [2, 3, put("2", 9), conflict(4)],
    [4, 5, remove(4), deleted(true)],
  ],
  "a delete that was given up, and that another has met": [
    [0, 1, put("1"), written(1)],
    [2, 3, remove()],
    [4, 5, remove(), deleted(false)],
  ],
  "two that were given up, one in the place of the other": [
    [0, 1, put("1")],
    [2, 3, put("2", 4)],
    [4, 5, get, found("2", 8)],
  ],
  "of many that were given up, those that were needed": [
    ...Array.from({ length: 60 }, (_, n): Row => [n, n + 1, n % 3 === 0 ? remove() : put(`${n}`)]),
    [100, 101, put("x"), written(7)],
    [102, 103, remove(), deleted(true)],
    [104, 105, remove(), deleted(true)],
    [106, 107, put("y", 0), written(20)],
    [108, 109, get, found("y", 20)],
  ],
};

const impossible: { readonly [claim: string]: readonly Row[] } = {
  "a write that is lost": [
    [0, 1, put("1"), written(1)],
    [2, 3, get, nothing],
  ],
  "a stale read": [
    [0, 1, put("1"), written(1)],
    [2, 3, put("2"), written(2)],
    [4, 5, get, found("1", 1)],
  ],
  "a read that goes back": [
    [0, 9, put("1"), written(1)],
    [1, 2, get, found("1", 1)],
    [3, 4, get, nothing],
  ],
  "two winners": [
    [0, 9, put("1", 0), written(1)],
    [0, 9, put("2", 0), written(2)],
  ],
  "a refusal for what was there": [
    [0, 1, put("1"), written(1)],
    [2, 3, put("2", 1), conflict(1)],
  ],
  "a refusal without a condition": [[0, 1, put("1"), conflict(3)]],
  "a revision that does not rise": [
    [0, 1, put("1"), written(5)],
    [2, 3, put("2"), written(4)],
  ],
  "a revision that rises against the order": [
    [0, 1, put("1"), written(2)],
    [2, 3, remove(), deleted(true)],
    [4, 5, put("2"), written(1)],
  ],
  "a delete that deletes twice": [
    [0, 1, put("1"), written(1)],
    [2, 9, remove(), deleted(true)],
    [2, 9, remove(), deleted(true)],
  ],
  "a value that nobody wrote": [[0, 1, get, found("1", 1)]],
  "what was given up happens twice": [
    [0, 1, put("1")],
    [2, 3, get, found("1", 1)],
    [4, 5, put("2"), written(2)],
    [6, 7, get, found("1", 3)],
  ],
  "a stale read after an outage": [
    [0, 1, put("1"), written(1)],
    [2, 3, put("2")],
    [4, 5, get, found("2", 7)],
    [6, 7, get, found("1", 1)],
  ],
  "an acknowledged write that an outage took": [
    [0, 1, put("1"), written(1)],
    [2, 3, put("2"), written(2)],
    [4, 5, put("3")],
    [6, 7, get, found("1", 1)],
  ],
  "a condition that was met twice, once without an answer": [
    [0, 1, put("1"), written(1)],
    [2, 3, put("2", 1)],
    [4, 5, get, found("2", 2)],
    [6, 7, put("3", 1), written(3)],
  ],
  "an acknowledged write that is gone, behind many that were given up": [
    ...Array.from({ length: 60 }, (_, n): Row => [n, n + 1, put(`${n}`)]),
    [100, 101, put("x", 0), written(7)],
    [102, 103, get, found("x", 7)],
    [104, 105, put("y", 7), written(9)],
    [106, 107, get, found("x", 7)],
  ],
  "what was given up happens before it was asked": [
    [0, 1, get, found("1", 1)],
    [2, 3, put("1")],
  ],
  "one key of many": [
    [0, 1, put("1"), written(1), "a"],
    [0, 1, put("1"), written(2), "b"],
    [2, 3, get, found("1", 1), "a"],
    [2, 3, get, nothing, "b"],
  ],
};

for (const [claim, rows] of Object.entries(possible)) {
  test(`linearizable() accepts ${claim}`, () => assert.equal(linearizable(rows.map(callOf)), true));
}

for (const [claim, rows] of Object.entries(impossible)) {
  test(`linearizable() finds ${claim}`, () => assert.equal(linearizable(rows.map(callOf)), false));
}

test("linearizable() is done with many calls at once in no time", () => {
  const writers = Array.from({ length: 12 }, (_, n): Row => [0, 99, put(`${n}`), written(n + 1)]);
  const readers = Array.from({ length: 12 }, (_, n): Row => [0, 99, get, found(`${n}`, n + 1)]);
  assert.equal(linearizable([...writers, ...readers].map(callOf)), true);
  const late: Row = [100, 101, get, found("3", 4)];
  assert.equal(linearizable([...writers, ...readers, late].map(callOf)), false);
});

function callOf([start, end, action, outcome, key = "k"]: Row): Call {
  return { key, start, end, action, ...(outcome && { outcome }) };
}
