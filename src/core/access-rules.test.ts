import assert from "node:assert/strict";
import { test } from "node:test";
import { AccessRules, type Resource, type Rule } from "./access-rules.ts";
import type { Subject } from "./namespace-access.ts";

const hello: Resource = { type: "service", name: "greeter", endpoint: "hello" };
const ann: Subject = { namespace: "default", scopes: ["staff"] };
const stranger: Subject = { namespace: "other", scopes: ["staff"] };

function rule(id: string, change: Partial<Rule> = {}): Rule {
  const resource = { type: "*", name: "*", endpoint: "*" };
  return { id, scope: "*", resource, access: "granted", priority: 0, ...change };
}

/** Who is let in: nobody known, an account of the namespace, one of another namespace. */
function letIn(...rules: Rule[]): string {
  const access = new AccessRules("default", rules);
  const asked = { nobody: undefined, ann, stranger };
  return Object.entries(asked)
    .filter(([, subject]) => access.decide(subject, hello).allowed)
    .map(([name]) => name)
    .join(" ");
}

test("decide() denies what no rule grants, and names no rule", () => {
  assert.deepEqual(new AccessRules("default", []).decide(ann, hello), { allowed: false });
});

test("decide() lets in whom the scope of a rule means", () => {
  assert.equal(letIn(rule("r", { scope: "" })), "nobody ann stranger");
  assert.equal(letIn(rule("r", { scope: "+" })), "ann stranger");
  assert.equal(letIn(rule("r", { scope: "*" })), "ann");
  assert.equal(letIn(rule("r", { scope: "staff" })), "ann");
  assert.equal(letIn(rule("r", { scope: "owner" })), "");
});

test("decide() takes an owner of the home namespace for one of each, and nobody else of another", () => {
  const owners = new AccessRules("acme", [rule("owners", { scope: "owner" })]);
  const of = (namespace: string, ...scopes: string[]) => ({ namespace, scopes });
  const asked = [of("default", "owner"), of("other", "owner"), of("default", "staff"), undefined];
  const allowed = asked.map((subject) => owners.decide(subject, hello).allowed);
  assert.deepEqual(allowed, [true, false, false, false]);
});

test("decide() follows the highest priority of the rules that apply", () => {
  const open = rule("open", { scope: "" });
  const closed = rule("closed", { scope: "staff", access: "denied", priority: 1 });
  assert.equal(letIn(open, closed), "nobody stranger");
  assert.equal(letIn({ ...open, priority: 2 }, closed), "nobody ann stranger");
  assert.equal(new AccessRules("default", [open, closed]).decide(ann, hello).rule, closed);
});

test("decide() lets the rule that denies win among equals, in whatever order they were written", () => {
  const [yes, no] = [rule("a"), rule("b", { access: "denied" })];
  assert.equal(letIn(yes, no), "");
  assert.equal(letIn(no, yes), "");
});

const patterns: readonly [pattern: Partial<Resource>, endpoint: string, matches: boolean][] = [
  [{}, "hello", true],
  [{ type: "service" }, "hello", true],
  [{ type: "block" }, "hello", false],
  [{ name: "greeter" }, "hello", true],
  [{ name: "greet" }, "hello", false],
  [{ name: "Greeter" }, "hello", false],
  [{ endpoint: "hello" }, "hello", true],
  [{ endpoint: "hell" }, "hello", false],
  [{ endpoint: "hello" }, "hello/x", false],
  [{ endpoint: "/orders/*" }, "/orders/7", true],
  [{ endpoint: "/orders/*" }, "/orders/7/items", true],
  [{ endpoint: "/orders/*" }, "/orders", false],
  [{ endpoint: "/orders/*" }, "/orders-of-others", false],
];

for (const [pattern, endpoint, matches] of patterns) {
  const verb = matches ? "means" : "does not mean";
  test(`decide(): ${JSON.stringify(pattern)} ${verb} ${endpoint}`, () => {
    const resource = { type: "*", name: "*", endpoint: "*", ...pattern };
    const access = new AccessRules("default", [rule("r", { resource })]);
    assert.equal(access.decide(ann, { ...hello, endpoint }).allowed, matches);
  });
}
