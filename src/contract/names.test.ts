import assert from "node:assert/strict";
import { test } from "node:test";
import {
  channelNameProblem,
  methodNameProblem,
  serviceNameProblem,
  versionProblem,
} from "./names.ts";

const rules = [
  {
    rule: serviceNameProblem,
    good: ["a", "greeter", "taxi-trip2", "x".repeat(63)],
    bad: ["", "A", "1a", "a-", "-a", "a_b", "a.b", "a/b", "x".repeat(64), "a\n"],
  },
  {
    rule: methodNameProblem,
    good: ["hello", "sayHello", "say_hello2", "X"],
    bad: [
      "",
      "say-hello",
      "1st",
      "_x",
      "$x",
      "then",
      "catch",
      "finally",
      "constructor",
      "__proto__",
      "toString",
      "valueOf",
      "hasOwnProperty",
      "toJSON",
      "prototype",
      "ü",
    ],
  },
  {
    rule: channelNameProblem,
    good: ["a", "trip.created", "a-b.c_d"],
    bad: ["", ".", "a.", "A", "a b"],
  },
  {
    rule: versionProblem,
    good: ["0.0.0", "1.2.3", "1.0.0-beta.1", "1.0.0+build", "10.20.30-a-b.0+x.y"],
    bad: ["", "1", "1.2", "v1.2.3", "01.2.3", "1.2.3-", "1.2.3 ", `1.2.3-${"a".repeat(60)}`],
  },
];

for (const { rule, good, bad } of rules) {
  test(`${rule.name}() is undefined for a good name and says the rule for a bad one`, () => {
    for (const name of good) assert.equal(rule(name), undefined, JSON.stringify(name));
    for (const name of bad) assert.match(rule(name) ?? "", /^(?:a|this) /, JSON.stringify(name));
  });
}
