import assert from "node:assert/strict";
import test from "node:test";
import { t } from "../contract/builder.ts";
import { contract } from "../contract/contract.ts";
import { method, notify, stream } from "../contract/method.ts";
import { service } from "../rpc/service.ts";
import { PlatformContract } from "../server/platform-contract.ts";
import { createManualClock } from "../testing/manual-clock.ts";
import { openTestPlatform, runLine, statusOf } from "./test-platform.ts";

interface Part {
  name: string;
  status: string;
  place: string;
  pid?: number;
  starts: number;
  survives?: string;
  error?: string;
}

function platformService(parts: Part[]) {
  return service(PlatformContract, {
    status: () => ({
      version: "1.0.0",
      node: "v26.0.0",
      pid: 1,
      profile: "local",
      startedAt: new Date(0),
      state: "/state",
      gateway: "http://127.0.0.1:8080",
      proxy: "http://127.0.0.1:8081",
      keys: {
        signs: { id: "kid-1", since: new Date(1_000), until: new Date(86_461_000) },
        next: { id: "kid-2", since: new Date(90_061_000) },
        parts: { since: new Date(31_000), until: new Date(60_000) },
      },
      parts,
    }),
  });
}

test("status shows everything that is there, and is 0 when all of it is ready", async () => {
  const own = platformService([
    { name: "store", status: "ready", place: "process", pid: 7, starts: 1, survives: "power" },
    { name: "registry", status: "ready", place: "platform", pid: 1, starts: 1 },
    { name: "runtime", status: "ready", place: "platform", pid: 1, starts: 1 },
    { name: "gateway", status: "left-out", place: "process", starts: 0 },
  ]);
  await using platform = await openTestPlatform([own]);
  platform.running.push(statusOf({ name: "trip" }));
  const clock = createManualClock({ wallMs: 61_000 });
  const { stdout, stderr, exitCode } = await runLine(["status"], { platform, clock });
  assert.equal(
    stdout,
    `reef 1.0.0 on node v26.0.0, profile local, pid 1, up 1m 1s
gateway  http://127.0.0.1:8080
proxy    http://127.0.0.1:8081
control  unix:/run/reef/control
state    /state
keys     kid-1 signs tokens since 1m, the next in 1d 1h; the key of parts since 30s, the next within the hour

KIND     NAME      STATE                  PROCESS     NAMESPACE
part     store     ready, survives power  own, pid 7  reef
part     registry  ready                  platform    reef
part     runtime   ready                  platform    reef
part     gateway   left out                           reef
service  platform  1/1 ready                          default
program  trip      ready                  pid 4711    default
`,
  );
  assert.deepEqual([stderr, exitCode], ["", 0]);
});

test("status is 1 when a part, a service or a program is not ready, and says why", async () => {
  const own = platformService([
    { name: "gateway", status: "paused", place: "platform", starts: 9, error: "no port" },
  ]);
  await using platform = await openTestPlatform([own]);
  const { exitCode, stderr } = await runLine(["status"], { platform });
  assert.deepEqual([exitCode, stderr], [1, "\npart gateway: no port\n"]);

  const fine = platformService([
    { name: "registry", status: "ready", place: "platform", starts: 1 },
    { name: "runtime", status: "ready", place: "platform", starts: 1 },
  ]);
  await using other = await openTestPlatform([fine]);
  assert.equal((await runLine(["status"], { platform: other })).exitCode, 0);
  await using expectation = await other.registry.expect({ namespace: "default", service: "gone" });
  assert.equal((await runLine(["status"], { platform: other })).exitCode, 1);
  await expectation[Symbol.asyncDispose]();
  other.running.push(statusOf({ state: "failed", lastError: "exit code 1" }));
  const json = await runLine(["status", "--json"], { platform: other });
  assert.deepEqual([json.exitCode, json.stderr], [1, ""]);
  const { ready, items } = JSON.parse(json.stdout);
  assert.equal(ready, false);
  assert.deepEqual(items.at(-1), {
    kind: "program",
    name: "greeter",
    namespace: "default",
    state: "failed",
    ready: false,
    pid: 4711,
    error: "exit code 1",
  });
});

const Person = t.object({
  name: t.string({ minLength: 1 }).describe("Full name"),
  age: t.int32().optional(),
});

const People = contract(
  "people",
  {
    add: method({
      description: "Adds people",
      input: t.object({
        people: t.list(Person, { maxItems: 5 }),
        color: t.enum(["red", "green"]).default("red"),
        labels: t.map(t.string()),
        pay: t.oneof({ card: t.object({ number: t.string() }), cash: t.boolean() }),
      }),
      output: t.object({ ids: t.list(t.string()) }),
      errors: {
        full: {
          code: "resource_exhausted",
          description: "No room",
          data: t.object({ max: t.int32() }),
        },
        late: { code: "aborted" },
      },
      http: "POST /people",
      idempotent: true,
    }),
    watch: method({ output: stream(t.object({ id: t.string() })) }),
    forget: notify({}),
  },
  { version: "2.1.0", description: "Knows people" },
);

const people = service(People, {
  add: () => ({ ids: [] }),
  async *watch() {
    yield { id: "1" };
  },
  forget: () => {},
});

test("describe shows methods, fields in a tree, errors and HTTP", async () => {
  await using platform = await openTestPlatform([people]);
  const { stdout } = await runLine(["describe", "people"], { platform });
  assert.equal(
    stdout,
    `people 2.1.0
Knows people
namespace default, 1 of 1 nodes ready
no protobuf: add.input.people has no number (reef contract --help)

add  one message, one answer, idempotent, POST /people
  Adds people
  input
    people      list of object (at most 5 items)
      name      string (at least 1 characters)    Full name
      age?      int32
    color?      red | green = "red"
    labels      map of string
    pay         one of
      card      object
        number  string
      cash      boolean
  output
    ids  list of string
  error full (resource_exhausted): No room
    max  int32
  error late (aborted)

watch  one message, a stream of answers
  input: none
  output
    id  string

forget  one message, no answer
  input: none
`,
  );
  const one = await runLine(["describe", "people", "watch"], { platform });
  assert.equal(one.stdout, stdout.slice(stdout.indexOf("watch  "), stdout.indexOf("\nforget")));
});

test("describe --json is the contract, or one method of it", async () => {
  await using platform = await openTestPlatform([people]);
  const all = await runLine(["describe", "people", "--json"], { platform });
  const plain = JSON.parse(JSON.stringify(People.descriptor));
  assert.deepEqual(JSON.parse(all.stdout), plain);
  const one = await runLine(["describe", "people", "add", "--json"], { platform });
  assert.deepEqual(JSON.parse(one.stdout), plain.methods.add);
});

test("services lists what can be called, the platform's own only by their namespace", async () => {
  await using platform = await openTestPlatform([people]);
  await using stack = new AsyncDisposableStack();
  const node = {
    id: "r1",
    namespace: "reef",
    service: "people",
    version: "9.0.0",
    state: "starting" as const,
    addresses: ["tcp://127.0.0.1:7001"],
    contractDigest: People.digest,
    metadata: {},
  };
  stack.use(await platform.registry.register(node, { contract: People.descriptor }));
  stack.use(await platform.registry.expect({ namespace: "default", service: "trip" }));
  const { stdout } = await runLine(["services"], { platform });
  assert.equal(
    stdout,
    "NAME    VERSION  NODES  NAMESPACE\npeople  2.1.0    1/1    default\ntrip    -        0/0    default\n",
  );
  const own = await runLine(["services", "--namespace", "reef"], { platform });
  assert.equal(own.stdout, "NAME    VERSION  NODES  NAMESPACE\npeople  9.0.0    0/1    reef\n");
  const { services } = JSON.parse((await runLine(["services", "--json"], { platform })).stdout);
  assert.deepEqual(
    services.map(({ name, version, expected }: { [key: string]: unknown }) => [
      name,
      version,
      expected,
    ]),
    [
      ["people", "2.1.0", false],
      ["trip", "", true],
    ],
  );
});

test("a service that is expected is waited for, and not for ever", async () => {
  await using platform = await openTestPlatform();
  await using stack = new AsyncDisposableStack();
  stack.use(
    await platform.registry.expect({
      namespace: "default",
      service: "people",
    }),
  );
  const late = await runLine(["describe", "people", "--timeout", "20ms"], { platform });
  assert.equal(late.exitCode, 1);
  const described = runLine(["describe", "people"], { platform });
  const node = {
    id: "p1",
    namespace: "default",
    service: "people",
    version: "2.1.0",
    state: "ready" as const,
    addresses: ["tcp://127.0.0.1:7001"],
    contractDigest: People.digest,
    metadata: {},
  };
  stack.use(await platform.registry.register(node, { contract: People.descriptor }));
  const { stdout, exitCode } = await described;
  assert.equal(exitCode, 0);
  assert.match(stdout, /^people 2\.1\.0\n/);
});
