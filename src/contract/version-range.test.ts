import assert from "node:assert/strict";
import { test } from "node:test";
import { compareVersions } from "./version.ts";
import { parseVersionRange, rangeOf } from "./version-range.ts";

const all = ["0.1.9", "0.2.0", "0.2.3", "1.0.0-beta.1", "1.0.0", "1.2.0", "1.2.3", "1.3.0"].concat(
  "2.0.0-rc.1",
  "2.0.0",
  "10.0.0",
);

test("parseVersionRange() has what npm has, and what comes before a release with it", () => {
  const table: readonly (readonly [string, string])[] = [
    ["*", all.join(" ")],
    ["1", "1.0.0-beta.1 1.0.0 1.2.0 1.2.3 1.3.0"],
    ["1.x", "1.0.0-beta.1 1.0.0 1.2.0 1.2.3 1.3.0"],
    ["^1", "1.0.0-beta.1 1.0.0 1.2.0 1.2.3 1.3.0"],
    ["^1.2", "1.2.0 1.2.3 1.3.0"],
    ["^1.2.1", "1.2.3 1.3.0"],
    ["~1.2", "1.2.0 1.2.3"],
    ["~1.2.1", "1.2.3"],
    ["~1", "1.0.0-beta.1 1.0.0 1.2.0 1.2.3 1.3.0"],
    ["1.2", "1.2.0 1.2.3"],
    ["1.2.*", "1.2.0 1.2.3"],
    ["1.2.3", "1.2.3"],
    ["=1.2.3", "1.2.3"],
    ["^0.2", "0.2.0 0.2.3"],
    ["^0.2.1", "0.2.3"],
    ["0.x", "0.1.9 0.2.0 0.2.3"],
    [">=1.2 <2", "1.2.0 1.2.3 1.3.0"],
    [">1.2.0 <=1.3.0", "1.2.3 1.3.0"],
    [">1.2 <10", "1.3.0 2.0.0-rc.1 2.0.0"],
    ["<=0.2", "0.1.9 0.2.0 0.2.3"],
    ["2.0.0-rc.1", "2.0.0-rc.1"],
    [">=2.0.0-rc.1", "2.0.0-rc.1 2.0.0 10.0.0"],
  ];
  for (const [text, expected] of table) {
    const range = parseVersionRange(text);
    assert.equal(all.filter((version) => range.has(version)).join(" "), expected, text);
  }
});

test("parseVersionRange() refuses what is no range", () => {
  for (const text of [
    "",
    "one",
    "1.2.3.4",
    "1.x.3",
    "^",
    "1 || 2",
    "1 - 2",
    ">=",
    "1".repeat(300),
  ]) {
    assert.throws(() => parseVersionRange(text), { code: "invalid_argument" }, text);
  }
});

test("rangeOf() is the major version, whichever minor asks", () => {
  for (const version of ["1.0.0", "1.7.2", "1.0.0-beta.1"]) {
    const range = rangeOf(version);
    assert.equal(range.text, "1.x");
    const has = all.filter((other) => range.has(other)).join(" ");
    assert.equal(has, "1.0.0-beta.1 1.0.0 1.2.0 1.2.3 1.3.0");
  }
});

test("compareVersions() orders as semver.org does", () => {
  const ordered = [
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.2.0",
    "1.10.0",
    "2.0.0",
  ];
  assert.deepEqual(ordered.toReversed().toSorted(compareVersions), ordered);
  assert.equal(compareVersions("1.0.0+a", "1.0.0+b"), 0);
});
