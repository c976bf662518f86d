/** Cases about a service that is replaced, by somebody or because it ended. */
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { ReefError } from "../../../core/errors.ts";
import type { RuntimeCase } from "../conformance.ts";
import { greeter, isAlive, kill, refused, until, watchExpected, write } from "./fixture.ts";

export const restartCases: readonly RuntimeCase[] = [
  {
    name: "restart() replaces the process while callers can wait",
    async run(open) {
      await using it = await open();
      const source = await write(it, "greeter.ts", it.serving(["hello", "bye"]));
      const first = await it.services.run({ source });
      await using expected = watchExpected(it.registry);
      const second = await it.services.restart("greeter");
      assert.partialDeepStrictEqual(second, { ...greeter, state: "ready", restarts: 1 });
      assert.ok(!isAlive(first) && isAlive(second) && first.instance !== second.instance);
      assert.deepEqual((await it.services.list()).items, [second]);
      assert.deepEqual(expected.now(), ["bye", "hello"]);
      assert.deepEqual(expected.lost, []);
    },
  },
  {
    name: "restart() takes the program as it is now",
    async run(open) {
      await using it = await open();
      await write(it, "greeter/index.ts", it.serving(["greeter"]));
      const source = join(it.folder, "greeter");
      await it.services.run({ source });
      await write(it, "greeter/service.ts", it.serving(["welcome"]));
      const status = await it.services.restart("greeter");
      assert.equal(status.source, join(source, "service.ts"));
      const view = await it.registry.resolve({ namespace: "default", service: "welcome" });
      assert.equal(view.nodes[0]?.metadata["instance"], status.instance);
    },
  },
  {
    name: "restart() leaves the old process alone when the program is gone",
    async run(open) {
      await using it = await open();
      const source = await write(it, "greeter.ts", it.serving(["greeter"]));
      const status = await it.services.run({ source });
      await rm(source);
      const gone = { code: "not_found", reason: "no_program" } as const;
      await refused(it.services.restart("greeter"), gone);
      assert.ok(isAlive(status));
      assert.deepEqual((await it.services.list()).items, [status]);
    },
  },
  {
    name: "restart() shows the crash of the new process, which stays desired",
    async run(open) {
      await using it = await open();
      const source = await write(it, "greeter.ts", it.serving(["greeter"]));
      await it.services.run({ source });
      await write(it, "greeter.ts", `throw new Error("bad change");`);
      const crashed = { code: "failed_precondition", reason: "crashed" } as const;
      const { message } = await refused(it.services.restart("greeter"), crashed);
      assert.match(message, /Error: bad change/);
      const {
        items: [status],
      } = await it.services.list();
      assert.match(status?.lastError ?? "", /exit code 1[^]*Error: bad change/);
      await write(it, "greeter.ts", it.serving(["greeter"]));
      await until(async () => (await it.services.list()).items[0]?.state === "ready");
    },
  },
  {
    name: "restart() knows only what is running",
    async run(open) {
      await using it = await open();
      const source = await write(it, "greeter.ts", it.serving(["greeter"]));
      await it.services.run({ source });
      const missing = { code: "not_found", reason: "not_running" } as const;
      const error = await refused(it.services.restart("gretter"), missing);
      assert.match(error.message, /greeter/);
      await refused(it.runtime.services("staging").restart("greeter"), missing);
    },
  },
  {
    name: "restart() and kill() of one service at a time do not get into each other's way",
    async run(open) {
      await using it = await open();
      const source = await write(it, "greeter.ts", it.serving(["greeter"]));
      await it.services.run({ source });
      const restarts = [1, 2, 3].map(() => it.services.restart("greeter"));
      const results = await Promise.allSettled(restarts);
      assert.equal(results.at(-1)?.status, "fulfilled");
      assert.equal((await it.services.list()).items[0]?.state, "ready");
      const again = it.services.restart("greeter").catch(ReefError.from);
      await it.services.kill("greeter");
      await again;
      assert.deepEqual((await it.services.list()).items, []);
      const view = await it.registry.resolve({ namespace: "default", service: "greeter" });
      assert.equal(view.expected, false);
    },
  },
  {
    name: "a process that ends by itself is started again, and how it ended is shown",
    async run(open) {
      await using it = await open();
      const source = await write(it, "greeter.ts", it.serving(["greeter"]));
      const first = await it.services.run({ source });
      await using expected = watchExpected(it.registry);
      kill(first);
      await until(async () => {
        const {
          items: [status],
        } = await it.services.list();
        return status?.state === "ready" && status.instance !== first.instance;
      });
      const {
        items: [second],
      } = await it.services.list();
      assert.partialDeepStrictEqual(second, { ...greeter, restarts: 1 });
      assert.match(second?.lastError ?? "", /signal SIGKILL/);
      assert.deepEqual(expected.lost, []);
    },
  },
  {
    name: "a process that keeps ending is listed as backing off",
    async run(open) {
      await using it = await open();
      const crash = `setTimeout(() => { console.log("out of luck"); process.exit(3); }, 200);`;
      const source = await write(it, "greeter.ts", it.serving(["greeter"]) + crash);
      await it.services.run({ source });
      await until(async () => (await it.services.list()).items[0]?.state === "backing-off");
      const {
        items: [status],
      } = await it.services.list();
      assert.match(status?.lastError ?? "", /exit code 3\n(.*\n)*out of luck/);
    },
  },
];
