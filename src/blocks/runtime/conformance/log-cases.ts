/** Cases about what services write. */
import assert from "node:assert/strict";
import { sleep } from "../../../core/clock.ts";
import type { RuntimeCase } from "../conformance.ts";
import { lineBytesMax, tailDefault, type LogLine } from "../index.ts";
import { collect, read, readLines, refused, talking, until, write } from "./fixture.ts";

export const logCases: readonly RuntimeCase[] = [
  {
    name: "logs() gives the last lines of both streams in their order",
    async run(open) {
      await using it = await open();
      const talk = `
        for (let n = 0; n < 30; n++) (n % 2 ? console.log : console.error)("line " + n);
        process.stdout.write("no end");`;
      const source = await write(it, "greeter.ts", talk + it.serving(["greeter"]));
      await it.services.run({ source });
      const all = Array.from({ length: 30 }, (_, n) => `line ${n}`).concat("no end");
      assert.deepEqual(await read(it.services, { name: "greeter" }), all.slice(-tailDefault));
      assert.deepEqual(await read(it.services, { name: "greeter", tail: 3 }), all.slice(-3));
      assert.deepEqual(await read(it.services, { name: "greeter", tail: 0 }), []);
      assert.deepEqual((await read(it.services, { name: "greeter", tail: 99 })).slice(-31), all);
    },
  },
  {
    name: "logs() knows only what ran here, and refuses a tail that is none",
    async run(open) {
      await using it = await open();
      const missing = { code: "not_found", reason: "not_running" } as const;
      await refused(read(it.services, { name: "gretter" }), missing);
      await refused(read(it.services, { name: "../../etc/passwd" }), missing);
      await refused(read(it.services, { tail: -1 }), { code: "invalid_argument" });
      assert.deepEqual(await read(it.services, {}), []);
    },
  },
  {
    name: "logs() gives lines since a time",
    async run(open) {
      await using it = await open();
      const source = await write(
        it,
        "greeter.ts",
        `console.log("first");${it.serving(["greeter"])}`,
      );
      await it.services.run({ source });
      await sleep(50);
      const since = new Date();
      await write(it, "greeter.ts", `console.log("second");${it.serving(["greeter"])}`);
      await it.services.restart("greeter");
      const texts = await read(it.services, { name: "greeter", since });
      assert.ok(texts.includes("second") && !texts.includes("first"));
      assert.deepEqual(await read(it.services, { since: new Date(Date.now() + 60_000) }), []);
    },
  },
  {
    name: "logs() follows a service through a restart, and ends with its signal",
    async run(open) {
      await using it = await open();
      const talk = `console.log("pid " + process.pid);`;
      const source = await write(it, "greeter.ts", talk + it.serving(["greeter"]));
      const first = await it.services.run({ source });
      const stop = new AbortController();
      const scope = { name: "greeter", tail: 0, follow: true, signal: stop.signal };
      const lines = it.services.logs(scope)[Symbol.asyncIterator]();
      const line = lines.next();
      const second = await it.services.restart("greeter");
      const texts = [(await line).value?.text];
      while (texts.at(-1) !== `pid ${second.pid}`) texts.push((await lines.next()).value?.text);
      assert.ok(!texts.includes(`pid ${first.pid}`));
      const end = lines.next();
      stop.abort();
      assert.deepEqual(await end, { value: undefined, done: true });
    },
  },
  {
    name: "logs() brings all services together in order of time, also those that come later",
    async run(open) {
      await using it = await open();
      const source = await write(it, "a.ts", talking("a") + it.serving(["a"]));
      await it.services.run({ source });
      const seen: LogLine[] = [];
      const stop = new AbortController();
      const following = collect(it.services.logs({ follow: true, signal: stop.signal }), seen);
      await it.services.run({ source: await write(it, "b.ts", talking("b") + it.serving(["b"])) });
      await until(async () => {
        const names = seen.filter(({ text }) => text.startsWith("tick")).map(({ name }) => name);
        return names.filter((name, n) => name !== names[n - 1]).length > 6;
      });
      stop.abort();
      await following;
      for (const { name, text } of seen)
        if (text.startsWith("tick")) assert.equal(text, `tick ${name}`);
      const times = (await readLines(it.services, { tail: 50 })).map(({ at }) => at.getTime());
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
      );
      const names = new Set((await readLines(it.services, { tail: 50 })).map(({ name }) => name));
      assert.deepEqual([...names].toSorted(), ["a", "b"]);
    },
  },
  {
    name: "logs() gives a line without end in pieces",
    async run(open) {
      await using it = await open();
      const length = 3 * lineBytesMax;
      const talk = `process.stdout.write("x".repeat(${length}) + "\\n");`;
      const source = await write(it, "greeter.ts", talk + it.serving(["greeter"]));
      await it.services.run({ source });
      const texts = await read(it.services, { name: "greeter", tail: 1 });
      assert.equal(texts.join("").length, length);
      for (const text of texts) assert.ok(text.length <= lineBytesMax);
    },
  },
];
