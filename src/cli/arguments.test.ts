import assert from "node:assert/strict";
import test from "node:test";
import { ReefError } from "../core/errors.ts";
import { commandIndex, parseArguments } from "./arguments.ts";
import { globalOptions } from "./command.ts";
import type { OptionSpecs, PositionalSpecs } from "./command.ts";
import { isUsageError, tryNextOf } from "./failure.ts";

const options = {
  follow: { type: "flag", short: "f", description: "" },
  name: { type: "text", short: "n", placeholder: "NAME", description: "" },
  tag: { type: "text", placeholder: "TAG", list: true, description: "" },
  port: {
    type: "integer",
    placeholder: "PORT",
    minimum: 0,
    maximum: 65_535,
    description: "",
    default: 8080,
  },
  since: { type: "duration", placeholder: "TIME", description: "" },
  env: { type: "pairs", placeholder: "KEY=VALUE", description: "" },
  var: { type: "pairs", placeholder: "KEY[=VALUE]", bare: true, description: "" },
  "no-reply": { type: "flag", description: "" },
} as const satisfies OptionSpecs;

const onePath: PositionalSpecs = {
  path: { description: "" },
  args: { description: "", afterDashes: true },
};

function parse(args: readonly string[], positionals: PositionalSpecs = {}) {
  return { ...parseArguments(args, { positionals, options, command: "reef x" }) };
}

function refusal(args: readonly string[], positionals: PositionalSpecs = {}): string {
  try {
    parse(args, positionals);
  } catch (error) {
    assert.ok(error instanceof ReefError && isUsageError(error), String(error));
    return error.message;
  }
  assert.fail(`${args.join(" ")} was accepted`);
}

test("parseArguments() gives every option its value or default", () => {
  assert.deepEqual(parse([]), {
    follow: false,
    name: undefined,
    tag: [],
    port: 8080,
    since: undefined,
    env: Object.create(null),
    var: Object.create(null),
    "no-reply": false,
  });
});

test("parseArguments() reads every way to write a flag", () => {
  const args = ["-fn", "a", "--tag", "1", "--tag=2", "--port=-0", "--since", "5m", "--no-reply"];
  const { follow, name, tag, since, "no-reply": noReply } = parse(args);
  assert.deepEqual([follow, name, tag, since, noReply], [true, "a", ["1", "2"], 300_000, true]);
  assert.equal(parse(["--follow", "--no-follow"])["follow"], false);
  assert.equal(parse(["--follow=false"])["follow"], false);
});

test("parseArguments() splits a pair at its first = only", () => {
  const { env } = parse(["--env", "Q=a=b", "--env=EMPTY=", "--env", "__proto__=x"]);
  const entries = Object.entries(env as object);
  assert.deepEqual(entries, [
    ["Q", "a=b"],
    ["EMPTY", ""],
    ["__proto__", "x"],
  ]);
});

test("parseArguments() keeps what follows -- as it is", () => {
  const given = parse(["a.ts", "--", "--name", "-x"], onePath);
  assert.deepEqual([given["path"], given["args"]], ["a.ts", ["--name", "-x"]]);
  assert.equal(parse(["--", "--odd"], { path: { description: "" } })["path"], "--odd");
});

test("parseArguments() names an unknown flag and the nearest one", () => {
  assert.equal(refusal(["--nmae", "x"]), 'Unknown flag --nmae (did you mean "--name"?)');
  assert.equal(refusal(["-z"]), "Unknown flag -z");
  assert.equal(refusal(["--no-name"]), "Unknown flag --no-name");
  assert.equal(refusal(["--__proto__=1"]), "Unknown flag --__proto__");
});

test("parseArguments() names flag, rule and value of a bad value", () => {
  const bad = {
    "--port=x": 'Flag --port must be a whole number from 0 to 65535, got "x"',
    "--port=65536": 'Flag --port must be a whole number from 0 to 65535, got "65536"',
    "--port=1.5": 'Flag --port must be a whole number from 0 to 65535, got "1.5"',
    "--port=-1": 'Flag --port must be a whole number from 0 to 65535, got "-1"',
    "--port=": 'Flag --port must be a whole number from 0 to 65535, got ""',
    "--since=5":
      'Flag --since must be a duration such as 500ms, 2s, 5m or 1h, at most 24d, got "5"',
    "--env=x": 'Flag --env must be KEY=VALUE, got "x"',
    "--var==x": 'Flag --var must be KEY or KEY=VALUE, got "=x"',
    "--var=": 'Flag --var must be KEY or KEY=VALUE, got ""',
    "--env==x": 'Flag --env must be KEY=VALUE, got "=x"',
    "--follow=maybe": 'Flag --follow takes no value, got "maybe"',
    "--name": "Flag --name needs a value: --name NAME",
  };
  for (const [arg, message] of Object.entries(bad)) assert.equal(refusal([arg]), message);
  assert.match(
    refusal(["--name", "--follow"]),
    /^Flag --name needs a value, got the flag --follow; write/,
  );
  assert.equal(refusal(["--name=a", "--name=b"]), 'Flag --name may be given once, got "a" and "b"');
});

test("parseArguments() takes a negative number for a value", () => {
  assert.match(refusal(["--port", "-5"]), /got "-5"/);
});

test("parseArguments() names the words that are missing or too many", () => {
  assert.equal(refusal([], onePath), "Missing PATH");
  assert.equal(refusal([], { a: { description: "" }, b: { description: "" } }), "Missing A and B");
  assert.equal(refusal(["a", "b", "c"], onePath), 'Unexpected words "b" "c"');
  assert.equal(refusal(["x"]), 'Unexpected word "x"');
});

test("parseArguments() proposes the help of the command", () => {
  assert.throws(
    () => parse(["--x"]),
    (error: ReefError) => tryNextOf(error) === "reef x --help",
  );
});

test("commandIndex() skips global flags and their values", () => {
  assert.equal(commandIndex(["list"], globalOptions), 0);
  assert.equal(commandIndex(["--state", "list", "--json", "run", "x"], globalOptions), 3);
  assert.equal(commandIndex(["--json"], globalOptions), 1);
  assert.equal(commandIndex([], globalOptions), 0);
});
