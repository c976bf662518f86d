/** `reef stream`: what it adds to a dynamic command is how a stream ends. */
import assert from "node:assert/strict";
import test from "node:test";
import { t } from "../contract/builder.ts";
import { contract } from "../contract/contract.ts";
import { method, stream } from "../contract/method.ts";
import { ReefError } from "../core/errors.ts";
import { service } from "../rpc/service.ts";
import { createManualClock } from "../testing/manual-clock.ts";
import { interruption } from "./failure.ts";
import { createTestTerminal, openTestPlatform, runLine } from "./test-platform.ts";

const Line = t.object({ n: t.int32() });

const Feed = contract("feed", {
  ticks: method({ input: t.object({ limit: t.int32().default(1_000) }), output: stream(Line) }),
  silence: method({ output: stream(Line) }),
  breaks: method({ output: stream(Line) }),
  echo: method({ input: stream(Line), output: stream(Line) }),
  sum: method({ input: stream(Line), output: t.object({ sum: t.int32() }) }),
  once: method({ output: Line }),
});

/** The platform with the service, and what happened at the far side. */
async function openFeed() {
  const left = Promise.withResolvers<void>();
  const feed = service(Feed, {
    async *ticks({ limit }) {
      try {
        for (let n = 1; n <= limit; n++) yield { n };
      } finally {
        left.resolve();
      }
    },
    async *silence(_, call) {
      yield { n: 0 };
      await new Promise((resolve) => call.signal.addEventListener("abort", resolve));
      left.resolve();
    },
    async *breaks() {
      yield { n: 1 };
      throw new ReefError("unavailable", "the node is gone");
    },
    async *echo(lines) {
      for await (const line of lines) yield line;
    },
    async sum(lines) {
      let sum = 0;
      for await (const { n } of lines) sum += n;
      return { sum };
    },
    once: () => ({ n: 1 }),
  });
  const platform = await openTestPlatform([feed]);
  return Object.assign(platform, { left: left.promise });
}

test("stream --limit ends after so many answers with exit code 0, at the far side too", async () => {
  await using platform = await openFeed();
  const { exitCode, stdout, stderr } = await runLine(
    ["stream", "feed", "ticks", "--json-input={}"],
    {
      platform,
    },
  );
  assert.equal(exitCode, 0, stderr);
  assert.equal(stdout.split("\n").length, 1_001);
  assert.match(stderr, /^Ended after 1000 answers in \d+m?s\n$/);
  const limited = await runLine(["stream", "--limit", "2", "feed", "ticks", "--json"], {
    platform,
  });
  assert.deepEqual(limited, { exitCode: 0, stdout: `{"n":1}\n{"n":2}\n`, stderr: "" });
  await platform.left;
});

test("stream looks where --state and --namespace say, also behind the method", async () => {
  await using platform = await openFeed();
  const asked: (string | undefined)[] = [];
  const words = ["stream", "feed", "ticks", "--limit=1", "--state", "/s", "--namespace=default"];
  const { exitCode, stdout, stderr } = await runLine([...words, "--for=5s"], {
    platform,
    openPlatform: async ({ state }) => {
      asked.push(state);
      if (state !== "/s") throw new ReefError("unavailable", "nothing listens there");
      return { ...platform, [Symbol.asyncDispose]: async () => {} };
    },
  });
  assert.deepEqual({ exitCode, stdout }, { exitCode: 0, stdout: `{"n":1}\n` }, stderr);
  assert.equal(asked.at(-1), "/s");
});

test("stream takes an option behind the method for a field of that name", async () => {
  await using platform = await openFeed();
  const { stdout } = await runLine(["stream", "feed", "ticks", "--limit=3"], { platform });
  assert.equal(stdout, `{"n":1}\n{"n":2}\n{"n":3}\n`);
  const both = ["stream", "--limit=1", "feed", "ticks", "--limit=3"];
  assert.equal((await runLine(both, { platform })).stdout, `{"n":1}\n`);
  const free = await runLine(["stream", "feed", "silence", "--limit=1"], { platform });
  assert.deepEqual([free.exitCode, free.stdout], [0, `{"n":0}\n`]);
});

test("stream --for ends when the time is over with exit code 0, at the far side too", async () => {
  await using platform = await openFeed();
  const clock = createManualClock();
  const stdout = createTestTerminal();
  const reader = {
    ...stdout,
    async write(text: string) {
      await stdout.write(text);
      await clock.advance(10_000);
    },
  };
  const args = ["stream", "feed", "silence", "--for", "10s"];
  const { exitCode, stderr } = await runLine(args, { platform, clock, stdout: reader });
  assert.deepEqual([exitCode, stdout.text], [0, `{"n":0}\n`]);
  assert.equal(stderr, "Ended after 1 answer in 10s\n");
  await platform.left;
});

test("stream is ended by Ctrl-C with exit code 130 and no words", async () => {
  await using platform = await openFeed();
  const interrupt = new AbortController();
  const reader = {
    ...createTestTerminal(),
    write: async () => interrupt.abort(interruption("Ended by SIGINT", 130)),
  };
  const options = { platform, stdout: reader, signal: interrupt.signal };
  const { exitCode, stderr } = await runLine(["stream", "feed", "silence"], options);
  assert.deepEqual([exitCode, stderr], [130, ""]);
  await platform.left;
});

test("stream says after how many answers it broke, and does not begin again", async () => {
  await using platform = await openFeed();
  const { exitCode, stdout, stderr } = await runLine(["stream", "feed", "breaks"], { platform });
  assert.deepEqual([exitCode, stdout], [1, `{"n":1}\n`]);
  assert.match(stderr, /^Broke after 1 answer in \d+m?s\nreef: .*the node is gone/);
  const json = await runLine(["stream", "feed", "breaks", "--json"], { platform });
  assert.equal(JSON.parse(json.stderr).error.code, "unavailable");
});

test("stream sends the lines of stdin while it prints answers", async () => {
  await using platform = await openFeed();
  const asked: string[] = [];
  const answered = Promise.withResolvers<void>();
  async function* typed() {
    yield Buffer.from(`{"n":1}\n`);
    // The second line is typed when the answer to the first has been read.
    await answered.promise;
    yield Buffer.from(`{"n":2}\n`);
  }
  const stdout = createTestTerminal();
  const reader = {
    ...stdout,
    async write(text: string) {
      asked.push(text);
      answered.resolve();
    },
  };
  const stdin = Object.assign(typed(), { isTty: false });
  const args = ["stream", "feed", "echo"];
  const { exitCode } = await runLine(args, { platform, stdout: reader, input: stdin });
  assert.deepEqual([exitCode, asked], [0, [`{"n":1}\n`, `{"n":2}\n`]]);
  const sum = await runLine(["stream", "feed", "sum"], { platform, stdin: `{"n":1}\n\n{"n":2}\n` });
  assert.deepEqual(sum, { exitCode: 0, stdout: `{"sum":3}\n`, stderr: "" });
  const bad = await runLine(["stream", "feed", "echo"], { platform, stdin: `{"n":1}\n{n}\n` });
  assert.equal(bad.exitCode, 1);
  assert.match(bad.stderr, /Cannot read line 2 of stdin: it is not JSON/);
});

test("stream refuses what gives no stream, and an end for what has only one", async () => {
  await using platform = await openFeed();
  const cases = [
    [["feed", "once"], /Cannot stream "once": .*\ntry: reef feed once\n$/],
    [["--for", "1s", "feed", "sum"], /Flag --for is for streams of answers: "sum" gives one/],
    [["feed", "sum", "--limit", "1"], /Flag --limit is for streams of answers/],
    [["feed", "tick"], /has no method "tick" \(did you mean "ticks"\?\)/],
    [["feed"], /Missing METHOD/],
    [["feed", "ticks", '{"limit":1}'], /fields are given as flags, --json-input='\{"limit":1\}'/],
    [["feed", "ticks", "--lmit=1"], /Unknown flag --lmit \(did you mean "--limit"\?\)/],
  ] as const;
  for (const [args, message] of cases) {
    const { exitCode, stderr } = await runLine(["stream", ...args], { platform, stdin: "" });
    assert.match(stderr, message);
    assert.equal(exitCode, 2, args.join(" "));
  }
});
