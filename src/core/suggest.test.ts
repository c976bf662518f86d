import assert from "node:assert/strict";
import test from "node:test";
import { didYouMean, nearest } from "./suggest.ts";

const words = [
  "server",
  "run",
  "restart",
  "kill",
  "list",
  "status",
  "logs",
  "call",
  "services",
  "describe",
];

test("nearest() finds what was meant by a slip", () => {
  const slips = {
    lst: "list",
    lsit: "list",
    RUN: "run",
    sevrer: "server",
    servces: "services",
    log: "logs",
  };
  for (const [slip, meant] of Object.entries(slips))
    assert.equal(nearest(slip, words), meant, slip);
});

test("nearest() finishes a word of which there is only one", () => {
  assert.equal(nearest("desc", words), "describe");
  assert.equal(nearest("ser", words), undefined);
});

test("nearest() proposes nothing for what resembles nothing", () => {
  for (const word of ["xyz", "", "banana", "a".repeat(10_000)])
    assert.equal(nearest(word, words), undefined);
});

test("didYouMean() is empty when there is nothing to propose", () => {
  assert.equal(didYouMean("lst", words), ' (did you mean "list"?)');
  assert.equal(didYouMean("xyz", words), "");
});
