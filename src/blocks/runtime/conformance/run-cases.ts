/** Cases about the first start of a service: what is found, what it gets, and what a failure leaves behind. */
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { RuntimeCase } from "../conformance.ts";
import {
  endOf,
  read,
  greeter,
  hanging,
  isAlive,
  pidIn,
  refused,
  saidPid,
  until,
  write,
} from "./fixture.ts";
import { unhurried } from "../../../testing/unhurried.ts";

export const runCases: readonly RuntimeCase[] = [
  {
    name: "run() answers when a node of the new process is ready",
    async run(open) {
      await using it = await open();
      const source = await write(it, "greeter.ts", it.serving(["greeter"]));
      const status = await it.services.run({ source });
      assert.partialDeepStrictEqual(status, { ...greeter, source, state: "ready", restarts: 0 });
      assert.ok(isAlive(status));
      const { nodes, expected } = await it.registry.resolve({
        namespace: "default",
        service: "greeter",
      });
      assert.deepEqual(
        nodes.map((node) => node.metadata["instance"]),
        [status.instance],
      );
      assert.equal(expected, true);
      assert.deepEqual((await it.services.list()).items, [status]);
    },
  },
  {
    name: "run() takes a folder, and a name and a namespace where they are given",
    async run(open) {
      await using it = await open();
      await write(it, "shop/service.ts", it.serving(["orders"]));
      const source = join(it.folder, "shop");
      const first = await it.services.run({ source });
      const staging = it.runtime.services("staging");
      const second = await staging.run({ source, name: "shop-2" });
      assert.equal(first.source, join(source, "service.ts"));
      assert.deepEqual(await it.services.list(), { items: [first] });
      assert.deepEqual(await staging.list(), { items: [second] });
      const { nodes } = await it.registry.resolve({ namespace: "staging", service: "orders" });
      assert.deepEqual(
        nodes.map((node) => node.metadata["instance"]),
        [second.instance],
      );
    },
  },
  {
    name: "run() gives the program its arguments and variables, and none that it was not given",
    async run(open) {
      await using it = await open();
      const tell = `console.log(JSON.stringify([process.argv.slice(2), process.env]));`;
      const source = await write(it, "greeter.ts", tell + it.serving(["greeter"]));
      const args = ["--lang", "de en", ""];
      const status = await it.services.run({ source, args, env: { STRIPE_KEY: "a=b\nc" } });
      const texts = await read(it.services, { name: "greeter" });
      const seen: unknown = JSON.parse(texts.find((text) => text.startsWith("[[")) ?? "null");
      assert.partialDeepStrictEqual(seen, [
        args,
        { STRIPE_KEY: "a=b\nc", REEF_INSTANCE: status.instance, REEF_NAME: "greeter" },
      ]);
      const shown = JSON.stringify(await it.services.list());
      assert.ok(!shown.includes("a=b"), "values of variables are not shown");
    },
  },
  {
    name: "run() shows how a program crashed at its start, and leaves nothing behind but its log",
    async run(open) {
      await using it = await open();
      const source = await write(
        it,
        "greeter.ts",
        `console.log("one"); throw new Error("no database");`,
      );
      const crashed = { code: "failed_precondition", reason: "crashed" } as const;
      const { message, data } = await refused(it.services.run({ source }), crashed);
      assert.match(message, /exit code 1/);
      assert.match(message, /Error: no database/);
      assert.partialDeepStrictEqual(data, greeter);
      assert.deepEqual((await it.services.list()).items, []);
      const view = await it.registry.resolve({ namespace: "default", service: "greeter" });
      assert.equal(view.expected, false);
      const texts = await read(it.services, { name: "greeter", tail: 50 });
      assert.ok(texts.includes("one") && texts.includes("Error: no database"));
      assert.equal(texts.filter((text) => text.includes("starts at")).length, 1);
    },
  },
  {
    name: "run() refuses what is not there, and says what it looked for",
    async run(open) {
      await using it = await open();
      const source = join(it.folder, "nothing");
      await refused(it.services.run({ source }), { code: "not_found", reason: "no_program" });
      await mkdir(source);
      const error = await refused(it.services.run({ source }), { reason: "no_program" });
      assert.match(error.message, /service\.ts, .*nothing\.ts/);
      assert.partialDeepStrictEqual(error.data, { source });
    },
  },
  {
    name: "run() refuses names, paths and variables against the rules",
    async run(open) {
      await using it = await open();
      const source = await write(it, "My Service.ts", it.serving(["greeter"]));
      const rule = { code: "invalid_argument" } as const;
      const { message } = await refused(it.services.run({ source }), rule);
      assert.match(message, /"My Service".*a-z, 0-9 and -/);
      await refused(it.services.run({ source, name: "../up" }), rule);
      await refused(it.runtime.services("a/b").run({ source, name: "a" }), rule);
      await refused(it.services.run({ source: "greeter.ts" }), rule);
      await refused(it.services.run({ source, name: "a", env: { REEF_INSTANCE: "x" } }), rule);
      assert.deepEqual((await it.services.list()).items, []);
    },
  },
  {
    name: "run() refuses a name that is running, in its namespace only",
    async run(open) {
      await using it = await open();
      const source = await write(it, "greeter.ts", it.serving(["greeter"]));
      const status = await it.services.run({ source });
      const taken = { code: "already_exists", reason: "already_running" } as const;
      const { message } = await refused(it.services.run({ source }), taken);
      assert.ok(
        message.includes(`process ${status.pid}`) && message.includes("reef update greeter"),
      );
      await it.runtime.services("staging").run({ source });
      assert.deepEqual((await it.services.list()).items, [status]);
    },
  },
  {
    name: "run() says that a program ended well without serving anything",
    async run(open) {
      await using it = await open();
      const source = await write(it, "greeter.ts", `process.stdout.write("done");`);
      const { message, data } = await refused(it.services.run({ source }), { reason: "crashed" });
      assert.match(message, /exit code 0.*does it call serve\(\)\?/);
      assert.partialDeepStrictEqual(data, { output: ["done"] });
    },
  },
  {
    name: "run() gives up on a program that is not ready in time",
    async run(open) {
      await using it = await open();
      const source = await write(it, "greeter.ts", hanging);
      await unhurried(async (factor) => {
        const options = { readyTimeoutMs: 1_000 * factor };
        const late = { code: "deadline_exceeded", reason: "not_ready" } as const;
        const { message, data } = await refused(it.services.run({ source }, options), late);
        assert.match(message, new RegExp(`within ${factor} s`));
        assert.partialDeepStrictEqual(data, greeter);
        assert.deepEqual((await it.services.list()).items, []);
        return await saidPid(it, "greeter");
      });
      await endOf(await pidIn(it, "greeter"));
    },
  },
  {
    name: "run() takes the service out again when its signal fires",
    async run(open) {
      await using it = await open();
      const source = await write(it, "greeter.ts", hanging);
      const stop = new AbortController();
      const running = it.services.run({ source }, { signal: stop.signal });
      const pid = await pidIn(it, "greeter");
      stop.abort();
      await assert.rejects(running);
      await endOf(pid);
      await until(async () => (await it.services.list()).items.length === 0);
    },
  },
];
