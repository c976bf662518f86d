/** The table of changes: what is safe and what breaks whom, in each format. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkDescriptor } from "../check-descriptor.ts";
import { changeText, type Format, isBreaking } from "./change.ts";
import { compareContracts } from "./compare-contracts.ts";
import type { Hurt, Row } from "./fixtures/row.ts";
import { rows } from "./fixtures/rows.ts";

test("the table of changes has at least 40 rows, each with a name of its own", () => {
  assert(rows.length >= 40, `${rows.length} rows`);
  assert.equal(new Set(rows.map(({ change }) => change)).size, rows.length);
});

for (const row of rows) {
  test(`compareContracts() when ${row.change}`, () => {
    for (const descriptor of [row.older, row.newer]) checkDescriptor(descriptor);
    const changes = compareContracts(row.older, row.newer);
    const [first] = changes.toSorted((a, b) => Number(isBreaking(b)) - Number(isBreaking(a)));
    assert.match(first ? changeText(first) : "", row.says);
    const found = { json: hurtOf(row, "json"), protobuf: hurtOf(row, "protobuf") };
    assert.deepEqual(found, { json: row.json, protobuf: row.protobuf });
  });
}

test("compareContracts() finds nothing between a contract and itself", () => {
  for (const { older, newer } of rows) {
    assert.deepEqual(compareContracts(older, older), []);
    assert.deepEqual(compareContracts(newer, newer), []);
  }
});

test("compareContracts() turned around hurts the others", () => {
  const other: { readonly [hurt in Hurt]: Hurt } = {
    nobody: "nobody",
    older: "newer",
    newer: "older",
    both: "both",
  };
  // What a caller says and nobody reads, or reads by another default, is lost in one direction only.
  const oneWay = /default|removed|lose|gains|added|tightened|loosened|renamed|number|data|HTTP/;
  for (const row of rows.filter(({ change }) => !oneWay.test(change))) {
    const turned = { ...row, older: row.newer, newer: row.older };
    assert.equal(hurtOf(turned, "json"), other[row.json], row.change);
  }
});

function hurtOf({ older, newer }: Row, format: Format): Hurt {
  const changes = compareContracts(older, newer);
  const breaks = (caller: "olderCaller" | "newerCaller") =>
    changes.some((change) => change[format][caller] === "breaking");
  const hurtsNewer = breaks("newerCaller");
  return breaks("olderCaller") ? (hurtsNewer ? "both" : "older") : hurtsNewer ? "newer" : "nobody";
}
