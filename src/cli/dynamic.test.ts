import assert from "node:assert/strict";
import test from "node:test";
import { t } from "../contract/builder.ts";
import { contract } from "../contract/contract.ts";
import { method, stream } from "../contract/method.ts";
import { ReefError } from "../core/errors.ts";
import { service } from "../rpc/service.ts";
import { openTestPlatform, runLine } from "./test-platform.ts";

const Everything = t.object({
  first_name: t.string().describe("As in the passport"),
  age: t.int32().optional(),
  big: t.int64().optional(),
  ratio: t.number().optional(),
  dry: t.boolean().default(false),
  no_reply: t.boolean().optional(),
  color: t.enum(["red", "green"]).optional(),
  tags: t.list(t.string()).default([]),
  numbers: t.list(t.int32()).optional(),
  labels: t.map(t.string()).optional(),
  address: t
    .object({ city: t.string(), street: t.object({ name: t.string() }).optional() })
    .optional(),
  stops: t.list(t.object({ city: t.string() })).optional(),
  pay: t.oneof({ card: t.object({ number: t.string() }), cash: t.boolean() }).optional(),
  at: t.timestamp().optional(),
  raw: t.bytes().optional(),
  nothing: t.int32().nullable().optional(),
});

const Shop = contract(
  "shop",
  {
    order: method({ description: "Orders things", input: Everything, output: Everything }),
    named: method({
      input: t.object({ timeout: t.string(), json: t.string(), namespace: t.string() }),
      output: t.object({ timeout: t.string(), json: t.string(), namespace: t.string() }),
    }),
    nested: method({
      input: t.object({
        to: t.object({ city: t.string(), zip: t.string() }),
        list: t.list(t.string()),
      }),
      output: t.object({ list: t.list(t.string()) }),
    }),
    ticks: method({
      input: t.object({ n: t.int32() }),
      output: stream(t.object({ n: t.int32() })),
    }),
    sum: method({ input: stream(t.object({ n: t.int32() })), output: t.object({ n: t.int32() }) }),
  },
  { version: "2.0.0", description: "Sells things" },
);

const shop = service(Shop, {
  order: (input) => input,
  named: (input) => input,
  nested: ({ list }) => ({ list }),
  async *ticks({ n }) {
    for (let tick = 1; tick <= n; tick++) yield { n: tick };
  },
  async sum(numbers) {
    let n = 0;
    for await (const each of numbers) n += each.n;
    return { n };
  },
});

/** A service whose name is a command of reef. */
const list = service(contract("list", { go: method({}) }), { go: () => ({}) });

async function order(...args: string[]): Promise<{ readonly [field: string]: unknown }> {
  await using platform = await openTestPlatform([shop]);
  const outcome = await runLine(["shop", "order", "--first_name=Ann", ...args], { platform });
  assert.equal(outcome.stderr, "");
  const { first_name: name, dry, tags, ...given } = JSON.parse(outcome.stdout);
  assert.equal(name, "Ann");
  return { ...given, ...(dry && { dry }), ...(tags.length > 0 && { tags }) };
}

test("a snake_case field keeps its name", async () => {
  await using platform = await openTestPlatform([shop]);
  const { stdout } = await runLine(["shop", "order", "--first_name", "Ann"], { platform });
  assert.deepEqual(JSON.parse(stdout), { first_name: "Ann", dry: false, tags: [] });
});

test("flags are typed by the contract", async () => {
  assert.deepEqual(await order("--age=-5", "--ratio", "1e3", "--big=9007199254740993"), {
    age: -5,
    ratio: 1000,
    big: "9007199254740993",
  });
  assert.deepEqual(await order("--at=2026-05-01T12:00:00Z", "--raw=AQI=", "--color=red"), {
    at: "2026-05-01T12:00:00.000Z",
    raw: "AQI=",
    color: "red",
  });
  assert.deepEqual(await order("--nothing=null"), { nothing: null });
});

test("a value may contain = and look like anything", async () => {
  assert.deepEqual(await order("--tags=a=b", "--tags", "x,y", "--tags=--dry"), {
    tags: ["a=b", "x,y", "--dry"],
  });
});

test("booleans are true bare, false with no-, also when a field begins with no_", async () => {
  assert.deepEqual(await order("--dry", "--no_reply"), { dry: true, no_reply: true });
  assert.deepEqual(await order("--dry", "--no-dry", "--no-no_reply"), { no_reply: false });
  assert.deepEqual(await order("--dry=true"), { dry: true });
});

test("dots reach nested fields, repetition makes lists, KEY=VALUE maps, JSON the rest", async () => {
  assert.deepEqual(await order("--address.city=Rome", "--address.street.name", "Via A"), {
    address: { city: "Rome", street: { name: "Via A" } },
  });
  assert.deepEqual(
    await order("--numbers=1", "--numbers=2", "--labels=a=1", "--labels", "__proto__=x"),
    {
      numbers: [1, 2],
      labels: JSON.parse('{"a":"1","__proto__":"x"}'),
    },
  );
  assert.deepEqual(await order('--stops=[{"city":"Rome"}]', "--pay.card.number=42"), {
    stops: [{ city: "Rome" }],
    pay: { card: { number: "42" } },
  });
});

test("--json-input gives the whole input, and flags beside it win", async () => {
  await using platform = await openTestPlatform([shop]);
  const whole = '{"first_name":"Ann","address":{"city":"Rome"},"age":1}';
  const args = ["shop", "order", "--age=2", "--address.street.name=A"];
  const expected = {
    first_name: "Ann",
    age: 2,
    dry: false,
    tags: [],
    address: { city: "Rome", street: { name: "A" } },
  };
  const inline = await runLine([...args, "--json-input", whole], { platform });
  assert.deepEqual(JSON.parse(inline.stdout), expected);
  const piped = await runLine([...args, "--json-input", "-"], { platform, stdin: whole });
  assert.deepEqual(JSON.parse(piped.stdout), expected);
});

test("fields win over options of reef behind the method, and only there", async () => {
  await using platform = await openTestPlatform([shop]);
  const fields = ["--timeout=never", "--json=x", "--namespace=y"];
  const { stdout, stderr } = await runLine(["shop", "named", ...fields], { platform });
  assert.equal(stderr, "");
  assert.deepEqual(JSON.parse(stdout), { timeout: "never", json: "x", namespace: "y" });
  const elsewhere = await runLine(["shop", "ticks", "--n=1", "--namespace=reef"], { platform });
  assert.match(elsewhere.stderr, /no service of that name is in namespace "reef"/);
});

test("options of reef may stand anywhere before the method", async () => {
  await using platform = await openTestPlatform([shop]);
  const told = { stdout: '{"n":1}\n', stderr: "", exitCode: 0 };
  for (const line of ["--json shop ticks --n=1", "shop --timeout 2s --json ticks --n=1"]) {
    assert.deepEqual(await runLine(line.split(" "), { platform }), told, line);
  }
});

test("a stream of answers is one JSON a line; messages come from stdin or from flags", async () => {
  await using platform = await openTestPlatform([shop]);
  const ticks = await runLine(["shop", "ticks", "--n", "2"], { platform });
  assert.equal(ticks.stdout, '{"n":1}\n{"n":2}\n');
  const piped = await runLine(["shop", "sum"], { platform, stdin: '{"n":1}\n{"n":2}\n' });
  assert.equal(piped.stdout, '{"n":3}\n');
  const one = await runLine(["shop", "sum", "--n=7"], { platform });
  assert.equal(one.stdout, '{"n":7}\n');
});

test("an empty list needs no flag, and what is missing is named at once", async () => {
  await using platform = await openTestPlatform([shop]);
  const args = ["shop", "nested", "--to.city=Rome", "--to.zip=1"];
  assert.equal((await runLine(args, { platform })).stdout, '{"list":[]}\n');
  const missing = await runLine(["shop", "nested"], { platform });
  assert.equal(missing.stderr, "reef: Missing --to.city, --to.zip\ntry: reef shop nested --help\n");
  assert.equal(missing.exitCode, 2);
});

const badLines: { readonly [line: string]: readonly [exitCode: number, stderr: RegExp] } = {
  "shop ordr": [2, /has no method "ordr" \(did you mean "order"\?\)\ntry: reef shop --help/],
  "shop order --frist_name=x": [2, /Unknown flag --frist_name \(did you mean "--first_name"\?\)/],
  "shop order --address.ciyt=x": [
    2,
    /Unknown flag --address.ciyt \(did you mean "--address.city"\?\)/,
  ],
  "shop order Ann": [2, /Unexpected word "Ann": fields are given as flags, --first_name=Ann/],
  "shop order --first_name": [2, /Flag --first_name needs a value/],
  "shop order --first_name=a --first_name=b": [2, /Flag --first_name may be given once/],
  "shop order --first_name=a --age=old": [2, /Flag --age must be a whole number, got "old"/],
  "shop order --first_name=a --age=1.5": [2, /Flag --age must be a whole number, got "1.5"/],
  "shop order --first_name=a --age=99999999999": [1, /age/],
  "shop order --first_name=a --ratio=Infinity": [
    2,
    /Flag --ratio must be a number, got "Infinity"/,
  ],
  "shop order --first_name=a --dry=maybe": [2, /Flag --dry takes no value, got "maybe"/],
  "shop order --first_name=a --color=rde": [
    2,
    /must be one of red, green, got "rde" \(did you mean "red"/,
  ],
  "shop order --first_name=a --at=soon": [2, /Flag --at must be a time such as .*, got "soon"/],
  "shop order --first_name=a --labels=x": [2, /Flag --labels must be KEY=VALUE, got "x"/],
  "shop order --first_name=a --stops={": [2, /Cannot read flag --stops: it is not JSON/],
  "shop order --json-input {": [2, /Cannot read flag --json-input: it is not JSON/],
  "shop order --json-input []": [2, /it must be a JSON object/],
  "shop --bogus": [2, /Unknown flag --bogus/],
  "shop --bogus order": [2, /Unknown flag --bogus/],
  lst: [
    2,
    /Unknown command "lst" \(did you mean "list"\?\): it is no command of reef and no service/,
  ],
  shp: [2, /Unknown command "shp" \(did you mean "shop"\?\)/],
  "toString x": [2, /Unknown command "toString": it is no command/],
  "shop order --first_name=a --help-me": [2, /Unknown flag --help-me/],
  "shop ticks --n=1 --namespace": [2, /Flag --namespace needs a value/],
};

for (const [line, [exitCode, stderr]] of Object.entries(badLines)) {
  test(`reef ${line} is refused with a clear answer`, async () => {
    await using platform = await openTestPlatform([shop]);
    const outcome = await runLine(line.split(" "), { platform });
    assert.match(outcome.stderr, stderr);
    assert.deepEqual([outcome.exitCode, outcome.stdout], [exitCode, ""]);
    assert.doesNotMatch(outcome.stderr, /\n {4}at /, "no stack: it is not a bug");
  });
}

test("a built-in command wins over a service of its name, which call reaches", async () => {
  await using platform = await openTestPlatform([list]);
  assert.match((await runLine(["list"], { platform })).stderr, /^Nothing runs here yet/);
  assert.equal((await runLine(["call", "list", "go"], { platform })).stdout, "{}\n");
});

test("reef SERVICE lists its methods, and --json is its contract", async () => {
  await using platform = await openTestPlatform([shop]);
  const { stdout, exitCode } = await runLine(["shop"], { platform });
  assert.equal(exitCode, 0);
  assert.match(
    stdout,
    /^shop 2\.0\.0\nSells things\n\nUsage: reef shop METHOD \[--field=value \.\.\.\]\n/,
  );
  assert.match(stdout, /^Methods:\n {2}order +Orders things\n/m);
  for (const args of [
    ["shop", "--help"],
    ["help", "shop"],
    ["shop", "-h"],
  ]) {
    assert.equal((await runLine(args, { platform })).stdout, stdout, args.join(" "));
  }
  const json = await runLine(["shop", "--json"], { platform });
  assert.deepEqual(JSON.parse(json.stdout), JSON.parse(JSON.stringify(Shop.descriptor)));
});

test("reef SERVICE of a program without a contract says how it is reached", async () => {
  await using platform = await openTestPlatform([service(contract("files", {}), {})]);
  const { stdout } = await runLine(["files", "--help"], { platform });
  assert.match(
    stdout,
    /^files \S+\n\nIt has no methods; over HTTP, \/files\/ is routed to it\.\n$/,
  );
});

test("reef SERVICE METHOD --help shows its fields as flags", async () => {
  await using platform = await openTestPlatform([shop]);
  const { stdout, exitCode } = await runLine(["shop", "order", "--help"], { platform });
  assert.equal(exitCode, 0);
  assert.match(stdout, /^Orders things\n\nUsage: reef shop order \[--field=value \.\.\.\]\n/);
  const lines = [
    "  --first_name TEXT           As in the passport (required)",
    "  --age NUMBER",
    "  --dry                       (default false, or --no-dry)",
    "  --color red|green",
    "  --tags TEXT                 (may be repeated)",
    "  --labels KEY=TEXT           (may be repeated)",
    "  --address.street.name TEXT",
    "  --stops JSON",
    "  --pay.card.number TEXT",
    "  --at TIME",
  ];
  for (const line of lines) assert.ok(stdout.split("\n").includes(line), `${line}\n\n${stdout}`);
  const named = await runLine(["shop", "named", "-h"], { platform });
  assert.doesNotMatch(named.stdout, /Give up after/, "a field took the name of --timeout");
});

const unreachable = {
  async openPlatform(): Promise<never> {
    throw new ReefError("unavailable", "Cannot reach the platform at /x: nothing listens there");
  },
};

test("without a platform a command says where it looked and what to start", async () => {
  for (const args of [
    ["list"],
    ["greeter", "hello"],
    ["call", "greeter/hello"],
    ["run", "./x.ts"],
  ]) {
    const { exitCode, stdout, stderr } = await runLine(args, unreachable);
    assert.deepEqual([exitCode, stdout], [1, ""], args.join(" "));
    assert.match(
      stderr,
      /reef: Cannot reach the platform at \/x: nothing listens there\ntry: reef server\n$/,
    );
  }
  const { stderr } = await runLine(["--state", "/s", "list", "--json"], unreachable);
  assert.deepEqual(JSON.parse(stderr).error, {
    code: "unavailable",
    message: "Cannot reach the platform at /x: nothing listens there",
    tryNext: "reef server --state /s",
  });
});

test("without a platform a slip of a command is still a slip", async () => {
  const { exitCode, stderr } = await runLine(["satus"], unreachable);
  assert.equal(exitCode, 2);
  assert.match(
    stderr,
    /^reef: Unknown command "satus", .* did you mean "status"\?\ntry: reef status --help\n$/,
  );
});
