/** What readers see does not depend on what of it is in the tree already. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { createStatements } from "../../../../backends/sqlite/statements.ts";
import { createRandom } from "../../../../testing/random.ts";
import type { ListQuery } from "../../contract.ts";
import { textOf } from "../../index.ts";
import { Overlay } from "./overlay.ts";
import { type ChangedRow, packRows } from "./packed-rows.ts";
import { schema } from "./schema.ts";
import { applyRows } from "./tree.ts";
import { View } from "./view.ts";

const place = "default trips";
const nowMs = 1_000;

test("a view is the same whichever rows are in the tree, on their way there, or in the overlay", () => {
  const random = createRandom(1);
  const whole = (below: number) => Math.floor(random() * below);
  using db = new DatabaseSync(":memory:");
  for (const statement of schema.flat()) db.exec(statement);
  const statements = createStatements(db);
  const overlay = new Overlay();
  const view = new View(statements, overlay);
  const known = new Map<string, ChangedRow>();
  for (let revision = 1; revision <= 3_000; revision++) {
    const key = Buffer.from(`k${10 + whole(60)}`);
    const value = random() < 0.6 ? Buffer.from(`${revision}`) : null;
    const expiresMs = value && random() < 0.3 ? whole(2 * nowMs) : null;
    const row = { place, key, value, revision, expiresMs };
    overlay.add(packRows([row]));
    known.set(key.toString(), row);
    if (overlay.isApplying) bringOn(whole(4));
    else if (random() < 0.05) overlay.beginApplying();
    if (revision % 7 === 0) compare();
  }

  function bringOn(count: number): void {
    const rows = overlay.nextRows(count);
    // Some of them meet a disk that is full.
    if (random() < 0.2) return overlay.giveBack(rows);
    applyRows(statements, rows);
    if (rows.length < count) overlay.endApplying();
  }

  function compare(): void {
    const there = [...known]
      .filter(([, { value, expiresMs }]) => value && (expiresMs ?? Infinity) > nowMs)
      .map(([key, { value }]) => `${key}=${textOf(value ?? assert.fail())}`)
      .toSorted();
    for (const order of ["ascending", "descending"] as const) {
      const wanted = order === "ascending" ? there : there.toReversed();
      assert.deepEqual(walk({ table: "trips", order, limit: 1 + whole(20) }), wanted);
      const prefix = Buffer.from(`k${1 + whole(5)}`);
      assert.deepEqual(
        walk({ table: "trips", order, limit: 1 + whole(20), prefix }),
        wanted.filter((each) => each.startsWith(prefix.toString())),
      );
    }
    for (const [key, { value, expiresMs, revision }] of known) {
      const isThere = value && (expiresMs ?? Infinity) > nowMs;
      const found = view.find(place, Buffer.from(key), nowMs);
      assert.equal(found?.revision, isThere ? revision : undefined);
    }
    assert.deepEqual(view.tables("default ", nowMs), there.length > 0 ? ["trips"] : []);
    const ends = [...known.values()].flatMap(({ expiresMs }) => expiresMs ?? []);
    assert.equal(view.nextExpiry(), Math.min(...ends));
    assert.equal(view.expired(nowMs).length, ends.filter((end) => end <= nowMs).length);
  }

  function walk(query: ListQuery): string[] {
    const found: string[] = [];
    for (let cursor: string | undefined; ;) {
      const page = view.page(place, { ...query, ...(cursor !== undefined && { cursor }) }, nowMs);
      found.push(...page.items.map(({ key, value }) => `${textOf(key)}=${textOf(value)}`));
      if (page.cursor === undefined) return found;
      ({ cursor } = page);
    }
  }
});

test("expired() gives keys that stay as they are when the overlay has other rows in their memory", () => {
  using db = new DatabaseSync(":memory:");
  for (const statement of schema.flat()) db.exec(statement);
  const overlay = new Overlay();
  const view = new View(createStatements(db), overlay);
  const value = Buffer.from("1");
  const add = (key: string) => {
    overlay.add(packRows([{ place, key: Buffer.from(key), value, revision: 1, expiresMs: 1 }]));
  };
  add("gone");
  const expired = view.expired(nowMs);
  for (const key of ["here", "here"]) {
    overlay.beginApplying();
    overlay.endApplying();
    add(key);
  }
  assert.deepEqual(expired, [{ place, key: new Uint8Array(Buffer.from("gone")) }]);
});
