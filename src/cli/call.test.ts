import assert from "node:assert/strict";
import test from "node:test";
import { t } from "../contract/builder.ts";
import { contract } from "../contract/contract.ts";
import { method, notify, stream } from "../contract/method.ts";
import { service } from "../rpc/service.ts";
import { interruption } from "./failure.ts";
import { createTestTerminal, openTestPlatform, runLine } from "./test-platform.ts";

const Greeter = contract(
  "greeter",
  {
    hello: method({
      description: "Greets one person",
      input: t.object({ name: t.string({ minLength: 1 }), big: t.int64().optional() }),
      output: t.object({ message: t.string(), big: t.int64().optional() }),
      errors: { nobody: { code: "not_found", data: t.object({ name: t.string() }) } },
    }),
    count: method({
      input: t.object({ to: t.int32() }),
      output: stream(t.object({ n: t.int32() })),
    }),
    add: method({
      input: stream(t.object({ n: t.int32() })),
      output: t.object({ sum: t.int32() }),
    }),
    chat: method({
      input: stream(t.object({ n: t.int32() })),
      output: stream(t.object({ n: t.int32() })),
    }),
    log: notify({ input: t.object({ text: t.string() }) }),
    who: method({ output: t.object({ metadata: t.map(t.string()) }) }),
    wait: method({}),
  },
  { version: "1.2.0" },
);

interface GreeterOptions {
  /** `count` waits for it, or for its caller to leave, before its second message. */
  readonly gate?: Promise<void>;
  /** What happened at the far side. */
  readonly seen?: string[];
}

function greeter({ gate = Promise.resolve(), seen = [] }: GreeterOptions = {}) {
  return service(Greeter, {
    hello({ name, big }, call) {
      if (name === "nobody") throw call.errors.nobody({ name });
      return { message: `Hello ${name}`, ...(big !== undefined && { big: big + 1n }) };
    },
    async *count({ to }, call) {
      try {
        for (let n = 1; n <= to; n++) {
          yield { n };
          if (n === 1) await Promise.race([gate, aborted(call.signal)]);
        }
      } finally {
        seen.push("count ended");
      }
    },
    async add(numbers) {
      let sum = 0;
      for await (const { n } of numbers) sum += n;
      return { sum };
    },
    async *chat(numbers) {
      for await (const { n } of numbers) yield { n: n * 10 };
    },
    log: ({ text }) => void seen.push(text),
    who: (_input, call) => ({ metadata: call.metadata }),
    async wait(_input, call) {
      await aborted(call.signal);
      seen.push("wait ended");
      return {};
    },
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}

test("call prints the answer as one line of JSON, pretty on a terminal", async () => {
  await using platform = await openTestPlatform([greeter()]);
  const args = ["call", "greeter", "hello", '{"name":"Ann","big":"9007199254740993"}'];
  const piped = await runLine(args, { platform });
  assert.deepEqual(piped, {
    exitCode: 0,
    stdout: '{"message":"Hello Ann","big":"9007199254740994"}\n',
    stderr: "",
  });
  const stdout = createTestTerminal({ isTty: true });
  await runLine(["call", "greeter/hello", '{"name":"Ann"}'], { platform, stdout });
  assert.equal(stdout.text, '{\n  "message": "Hello Ann"\n}\n');
});

test("call takes its input from stdin for -", async () => {
  await using platform = await openTestPlatform([greeter()]);
  const { stdout } = await runLine(["call", "greeter/hello", "-"], {
    platform,
    stdin: '{"name":"漢字"}\n',
  });
  assert.equal(stdout, '{"message":"Hello 漢字"}\n');
});

test("call passes metadata on", async () => {
  await using platform = await openTestPlatform([greeter()]);
  const args = ["call", "greeter/who", "--metadata", "a=b=c"];
  const { stdout } = await runLine(args, { platform });
  assert.equal(stdout, '{"metadata":{"a":"b=c"}}\n');
});

test("call prints the first message of a stream before the second is made", async () => {
  const gate = Promise.withResolvers<void>();
  await using platform = await openTestPlatform([greeter({ gate: gate.promise })]);
  const stdout = createTestTerminal();
  const opened = {
    ...stdout,
    write: async (text: string) => (await stdout.write(text), gate.resolve()),
  };
  const outcome = await runLine(["call", "greeter/count", '{"to":3}'], {
    platform,
    stdout: opened,
  });
  assert.equal(outcome.exitCode, 0);
  assert.equal(stdout.text, '{"n":1}\n{"n":2}\n{"n":3}\n');
});

test("call reads messages of a stream from lines of stdin", async () => {
  await using platform = await openTestPlatform([greeter()]);
  const stdin = '{"n":1}\n\n{"n":2}\r\n{"n":39}';
  const sum = await runLine(["call", "greeter", "add"], { platform, stdin });
  assert.equal(sum.stdout, '{"sum":42}\n');
  const chat = await runLine(["call", "greeter", "chat", "-"], { platform, stdin });
  assert.equal(chat.stdout, '{"n":10}\n{"n":20}\n{"n":390}\n');
  const one = await runLine(["call", "greeter", "add", '{"n":5}'], { platform });
  assert.equal(one.stdout, '{"sum":5}\n');
});

test("call says which fields it leaves out", async () => {
  await using platform = await openTestPlatform([greeter()]);
  const args = ["call", "greeter/hello", '{"name":"Ann","bgi":"1"}'];
  const { stdout, stderr } = await runLine(args, { platform });
  assert.equal(stdout, '{"message":"Hello Ann"}\n');
  assert.equal(stderr, 'Left out "bgi" (did you mean "big"?): hello has no such field\n');
});

test("call names the line of stdin that is not JSON", async () => {
  await using platform = await openTestPlatform([greeter()]);
  const outcome = await runLine(["call", "greeter/add"], { platform, stdin: '{"n":1}\n{n:2}\n' });
  assert.equal(outcome.exitCode, 1);
  assert.match(outcome.stderr, /line 2 of stdin: it is not JSON/);
});

test("call prints nothing for a notification but says that it was sent", async () => {
  const seen: string[] = [];
  await using platform = await openTestPlatform([greeter({ seen })]);
  const args = ["call", "greeter/log", '{"text":"noted"}'];
  assert.deepEqual(await runLine(args, { platform }), {
    exitCode: 0,
    stdout: "",
    stderr: "Sent\n",
  });
  assert.equal((await runLine([...args, "--json"], { platform })).stderr, "");
  assert.deepEqual(seen, ["noted", "noted"]);
});

test("call shows a typed error in words, with --json as one object on stderr", async () => {
  await using platform = await openTestPlatform([greeter()]);
  const args = ["call", "greeter/hello", '{"name":"nobody"}'];
  const told = await runLine(args, { platform });
  assert.deepEqual([told.exitCode, told.stdout], [1, ""]);
  assert.match(told.stderr, /^reef: .+\n {2}greeter\.nobody \(not_found\)\n/);
  const { stderr } = await runLine([...args, "--json"], { platform });
  const { error } = JSON.parse(stderr);
  assert.deepEqual([error.code, error.reason, error.domain], ["not_found", "nobody", "greeter"]);
  assert.deepEqual(error.data, { name: "nobody" });
});

test("call shows each violation with its path", async () => {
  await using platform = await openTestPlatform([greeter()]);
  const { exitCode, stderr } = await runLine(["call", "greeter/hello", '{"name":""}'], {
    platform,
  });
  assert.equal(exitCode, 1);
  assert.match(stderr, /\n {2}name: .+\n/);
});

const badLines: { readonly [line: string]: readonly [exitCode: number, stderr: RegExp] } = {
  call: [2, /Missing SERVICE\ntry: reef call --help\n$/],
  "call greeter": [2, /Missing METHOD/],
  "call greeter/": [2, /Missing METHOD/],
  "call greter hello": [
    1,
    /Cannot find service "greter": .*"default" \(did you mean "greeter"\?\)\ntry: reef services/,
  ],
  "call greeter helo": [
    2,
    /has no method "helo" \(did you mean "hello"\?\)\ntry: reef greeter --help/,
  ],
  "call greeter constructor": [2, /has no method "constructor"\n/],
  "call greeter hello {x": [1, /Cannot read the input: it is not JSON, /],
  "call greeter hello []": [1, /./],
  "call greeter/hello {} {}": [2, /Unexpected word "{}"/],
  "call greeter hello {} {}": [2, /Unexpected word "{}"/],
  "call greeter hello --metadata x": [2, /Flag --metadata must be KEY=VALUE, got "x"/],
  "call greeter hello --timeout soon": [2, /Flag --timeout must be a duration .*, got "soon"/],
  "call greeter hello --namespace reef": [
    1,
    /no service of that name is in namespace "reef"; it is in namespace "default"/,
  ],
};

for (const [line, [exitCode, stderr]] of Object.entries(badLines)) {
  test(`reef ${line} is refused with a clear answer`, async () => {
    await using platform = await openTestPlatform([greeter()]);
    const outcome = await runLine(line.split(" "), { platform });
    assert.match(outcome.stderr, stderr);
    assert.deepEqual([outcome.exitCode, outcome.stdout], [exitCode, ""]);
    assert.doesNotMatch(outcome.stderr, /\n {4}at /, "no stack: it is not a bug");
  });
}

test("call refuses input that is deeper than messages may be", async () => {
  await using platform = await openTestPlatform([greeter()]);
  const deep = `{"name":${"[".repeat(10_000)}${"]".repeat(10_000)}}`;
  const { exitCode, stderr } = await runLine(["call", "greeter/hello", deep], { platform });
  assert.equal(exitCode, 1);
  assert.doesNotMatch(stderr, /RangeError|\n {4}at /);
});

test("call gives up after --timeout and tells the far side", async () => {
  const seen: string[] = [];
  await using platform = await openTestPlatform([greeter({ seen })]);
  const outcome = await runLine(["call", "greeter/wait", "--timeout", "30ms", "--json"], {
    platform,
  });
  assert.equal(outcome.exitCode, 1);
  assert.equal(JSON.parse(outcome.stderr).error.code, "deadline_exceeded");
  assert.deepEqual(seen, ["wait ended"]);
});

test("an interrupted stream ends with 130, here and at the far side", async () => {
  const gate = new Promise<void>(() => {});
  const seen: string[] = [];
  await using platform = await openTestPlatform([greeter({ gate, seen })]);
  const interrupt = new AbortController();
  const stdout = createTestTerminal();
  const first = {
    ...stdout,
    async write(text: string) {
      await stdout.write(text);
      interrupt.abort(interruption("Ended by SIGINT", 130));
    },
  };
  const { signal } = interrupt;
  const outcome = await runLine(["call", "greeter/count", '{"to":3}'], {
    platform,
    stdout: first,
    signal,
  });
  assert.deepEqual([outcome.exitCode, outcome.stderr, stdout.text], [130, "", '{"n":1}\n']);
  assert.deepEqual(seen, ["count ended"]);
});

test("a reader that leaves ends a stream quietly with 0", async () => {
  await using platform = await openTestPlatform([greeter()]);
  const closed = new AbortController();
  const stdout = {
    ...createTestTerminal(),
    async write() {
      closed.abort(interruption("Cannot write: EPIPE", 0));
      throw new Error("EPIPE");
    },
  };
  const { signal } = closed;
  const outcome = await runLine(["call", "greeter/count", '{"to":3}'], {
    platform,
    stdout,
    signal,
  });
  assert.deepEqual([outcome.exitCode, outcome.stderr], [0, ""]);
});
