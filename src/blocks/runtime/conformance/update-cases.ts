/** Cases about a service that becomes another one while it is called. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { RegistryEvent } from "../../registry/index.ts";
import type { RuntimeCase } from "../conformance.ts";
import { greeter, hanging, isAlive, pidIn, read, refused, saidPid } from "./fixture.ts";
import { unhurried } from "../../../testing/unhurried.ts";
import { endOf, until, watchExpected, write } from "./fixture.ts";

export const updateCases: readonly RuntimeCase[] = [
  {
    name: "update() starts the new process beside the old one, which ends when the new one is ready",
    async run(open) {
      await using it = await open();
      const source = await write(it, "greeter.ts", it.serving(["greeter"]));
      const first = await it.services.run({ source });
      await using expected = watchExpected(it.registry);
      const stop = new AbortController();
      const events = record(it.registry.watch({ namespace: "default", signal: stop.signal }));
      const second = await it.services.update("greeter");
      assert.partialDeepStrictEqual(second, { ...greeter, state: "ready", restarts: 1 });
      assert.ok(!isAlive(first) && isAlive(second) && first.instance !== second.instance);
      assert.deepEqual((await it.services.list()).items, [second]);
      await until(async () => events.seen.some(({ kind }) => kind === "gone"));
      stop.abort();
      await events.over;
      const said = events.seen.flatMap((event) =>
        event.kind === "node" || event.kind === "gone"
          ? [`${event.kind} ${event.node.metadata["instance"]}`]
          : [],
      );
      const came = said.indexOf(`node ${second.instance}`);
      assert.ok(came >= 0 && came < said.indexOf(`gone ${first.instance}`), said.join(", "));
      assert.deepEqual(expected.lost, []);
    },
  },
  {
    name: "update() takes the program as it is now, with the changes that it is given and nothing else",
    async run(open) {
      await using it = await open();
      const tell = `
        const { A, B } = process.env;
        console.log("got " + JSON.stringify([process.argv.slice(2), A, B]));`;
      const source = await write(it, "greeter.ts", tell + it.serving(["greeter"]));
      await it.services.run({ source, args: ["one"], env: { A: "1", B: "1" } });
      const got = async () => {
        const texts = await read(it.services, { name: "greeter", tail: 50 });
        return texts.findLast((text) => text.startsWith("got "));
      };
      await it.services.update("greeter", { env: { B: "2" } });
      assert.equal(await got(), `got [["one"],"1","2"]`);
      const other = await write(it, "other/service.ts", tell + it.serving(["greeter"]));
      const status = await it.services.update("greeter", {
        source: join(it.folder, "other"),
        args: ["two"],
      });
      assert.equal(status.source, other);
      assert.equal(await got(), `got [["two"],"1","2"]`);
      await it.services.restart("greeter");
      assert.equal(await got(), `got [["two"],"1","2"]`);
    },
  },
  {
    name: "update() that is not valid, crashes or is too slow leaves the old process untouched",
    async run(open) {
      await using it = await open();
      const source = await write(it, "greeter.ts", it.serving(["greeter"]));
      const status = await it.services.run({ source });
      const failed = { code: "failed_precondition" } as const;
      await write(it, "greeter.ts", "const name: string = ;");
      const invalid = await refused(it.services.update("greeter"), {
        ...failed,
        reason: "not_built",
      });
      assert.match(invalid.message, /greeter\.ts:1/);
      await write(it, "greeter.ts", `throw new Error("bad change");`);
      const crash = await refused(it.services.update("greeter"), { ...failed, reason: "crashed" });
      assert.match(crash.message, /Error: bad change/);
      await write(it, "greeter.ts", hanging);
      const late = { code: "deadline_exceeded", reason: "not_ready" } as const;
      await unhurried(async (factor) => {
        const options = { readyTimeoutMs: 500 * factor };
        await refused(it.services.update("greeter", {}, options), late);
        return await saidPid(it, "greeter");
      });
      await endOf(await pidIn(it, "greeter"));
      assert.deepEqual((await it.services.list()).items, [status]);
      assert.ok(isAlive(status));
      const gone = { code: "not_found", reason: "no_program" } as const;
      await refused(it.services.update("greeter", { source: join(it.folder, "no.ts") }), gone);
      const { nodes } = await it.registry.resolve({ namespace: "default", service: "greeter" });
      assert.deepEqual(
        nodes.map(({ metadata }) => metadata["instance"]),
        [status.instance],
      );
    },
  },
  {
    name: "update() heals a service that keeps crashing",
    async run(open) {
      await using it = await open();
      const source = await write(it, "greeter.ts", it.serving(["greeter"]));
      await it.services.run({ source });
      await write(it, "greeter.ts", `throw new Error("bad change");`);
      await assert.rejects(it.services.restart("greeter"));
      await write(it, "greeter.ts", it.serving(["greeter"]));
      const status = await it.services.update("greeter");
      assert.equal(status.state, "ready");
      assert.ok(isAlive(status));
    },
  },
  {
    name: "update() knows only what is running",
    async run(open) {
      await using it = await open();
      const missing = { code: "not_found", reason: "not_running" } as const;
      await refused(it.services.update("gretter"), missing);
    },
  },
];

function record(events: AsyncIterable<RegistryEvent>) {
  const seen: RegistryEvent[] = [];
  async function read(): Promise<void> {
    for await (const event of events) seen.push(event);
  }
  return { seen, over: read() };
}
