/** The books find each kind of broken promise: a store that keeps all of them is changed in one place at a time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type AskedWrite, checkLedger, type Ledger, type Verdict } from "./ledger.ts";

const bytes = (text: string) => Buffer.from(text);

function asked(mark: string, puts: string[], revision: number, more: Partial<AskedWrite> = {}) {
  return {
    mark,
    puts,
    deletes: [],
    told: { kind: "acknowledged", revision },
    ...more,
  } as AskedWrite;
}

function change(revision: number, ...changes: readonly (readonly [key: string, mark?: string])[]) {
  return {
    revision,
    changes: changes.map(([key, mark]) => ({
      key: bytes(key),
      ...(mark !== undefined && { value: bytes(`${mark} x`) }),
    })),
  };
}

function entry(key: string, mark: string, revision: number) {
  return { key: bytes(key), value: bytes(`${mark} x`), revision };
}

/** A put, one in its place under a condition, two batches, a refusal, and one that nobody was told of. */
const honest: Ledger = {
  writes: [
    asked("m1", ["a"], 1),
    asked("m2", ["a"], 2, { expectedRevision: 1 }),
    asked("m3", ["b", "c", "old"], 3),
    asked("m4", ["b", "c"], 4, { deletes: ["old", "nothing"] }),
    asked("m5", ["a"], 0, { expectedRevision: 1, told: { kind: "refused" } }),
    asked("m6", ["d"], 0, { told: { kind: "unknown" } }),
    asked("m7", ["e"], 0, { told: { kind: "unknown" } }),
  ],
  shown: [
    change(1, ["a", "m1"]),
    change(2, ["a", "m2"]),
    change(3, ["b", "m3"], ["c", "m3"], ["old", "m3"]),
    change(4, ["b", "m4"], ["c", "m4"], ["old"]),
    change(6, ["d", "m6"]),
  ],
  entries: [entry("a", "m2", 2), entry("b", "m4", 4), entry("c", "m4", 4), entry("d", "m6", 6)],
};

const { writes, shown, entries } = honest;

const planted: readonly (readonly [claim: string, ledger: Ledger, Partial<Verdict>])[] = [
  ["nothing where nothing is wrong", honest, {}],
  [
    "an acknowledged put that is gone",
    {
      ...honest,
      shown: [...shown, change(9, ["f", "m8"])],
      writes: [...writes, asked("m8", ["f"], 9)],
    },
    { lost: ["m8"], unseen: ["f"] },
  ],
  [
    "an older value after a crash",
    { ...honest, entries: [entry("a", "m1", 1), ...entries.slice(1)] },
    { lost: ["m2"], unseen: ["a"] },
  ],
  [
    "a loss that the watch does not know of either",
    { ...honest, writes: [...writes, asked("m8", ["f"], 9)] },
    { lost: ["m8"], unseen: ["m8"] },
  ],
  [
    "half a batch",
    {
      ...honest,
      shown: shown.with(3, change(4, ["b", "m4"])),
      entries: [
        entry("a", "m2", 2),
        entry("b", "m4", 4),
        entry("c", "m3", 3),
        entry("d", "m6", 6),
        entry("old", "m3", 3),
      ],
    },
    { half: ["m4"], lost: ["m4"] },
  ],
  [
    "a batch that came in two parts",
    {
      ...honest,
      shown: shown.toSpliced(2, 1, change(3, ["b", "m3"]), change(3, ["c", "m3"], ["old", "m3"])),
    },
    { half: ["m3"], twice: ["m3"], unseen: ["revision 3 behind 3"] },
  ],
  [
    "a write that was done again",
    {
      ...honest,
      shown: [...shown, change(7, ["a", "m1"])],
      entries: [entry("a", "m1", 7), ...entries.slice(1)],
    },
    { twice: ["m1"] },
  ],
  [
    "a write that was refused, and done",
    {
      ...honest,
      shown: [...shown, change(7, ["a", "m5"])],
      entries: [entry("a", "m5", 7), ...entries.slice(1)],
    },
    { forbidden: ["m5"] },
  ],
  [
    "a second winner of one condition",
    {
      writes: [...writes, asked("m8", ["a"], 7, { expectedRevision: 1 })],
      shown: [...shown, change(7, ["a", "m8"])],
      entries: [entry("a", "m8", 7), ...entries.slice(1)],
    },
    { forbidden: ["m8"] },
  ],
  ["a gap in the watch", { ...honest, shown: shown.toSpliced(1, 1) }, { unseen: ["m2", "a"] }],
  [
    "a watch that repeats",
    { ...honest, shown: shown.toSpliced(2, 0, change(2, ["a", "m2"])) },
    { twice: ["m2"], unseen: ["revision 2 behind 2"] },
  ],
  [
    "a value that nobody wrote",
    {
      ...honest,
      shown: [...shown, change(7, ["g", "foreign"])],
      entries: [...entries, entry("g", "foreign", 7)],
    },
    { unseen: ["revision 7"] },
  ],
];

for (const [claim, ledger, found] of planted) {
  test(`checkLedger() finds ${claim}`, () => {
    const nothing = { lost: [], half: [], twice: [], forbidden: [], unseen: [] };
    assert.deepEqual(checkLedger(ledger), { ...nothing, ...found });
  });
}
