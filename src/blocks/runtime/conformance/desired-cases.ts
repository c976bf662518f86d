/** Cases about what stays desired when the runtime is closed and opened again, and what becomes of one that is. */
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { ReefError } from "../../../core/errors.ts";
import type { RuntimeCase } from "../conformance.ts";
import type { Services } from "../index.ts";
import { greeter, isAlive, read, refused, until, write } from "./fixture.ts";

export const desiredCases: readonly RuntimeCase[] = [
  {
    name: "what was run comes back as it was when the runtime is opened again",
    async run(open) {
      await using it = await open();
      const tell = `console.log("got " + process.argv[2] + process.env.A);`;
      const source = await write(it, "greeter.ts", tell + it.serving(["greeter"]));
      const first = await it.services.run({ source, args: ["one"], env: { A: "1" } });
      await it.services.update("greeter", { args: ["two"] });
      await using again = await it.reopen();
      assert.ok(!isAlive(first));
      assert.equal((await again.services.list()).items.length, 1);
      await until(() => isReady(again.services));
      const {
        items: [second],
      } = await again.services.list();
      assert.partialDeepStrictEqual(second, { ...greeter, source });
      const texts = await read(again.services, { name: "greeter", tail: 50 });
      assert.deepEqual(
        texts.filter((text) => text.startsWith("got ")),
        ["got one1", "got two1", "got two1"],
      );
    },
  },
  {
    name: "what was killed, or was to last until the runtime is closed, does not come back",
    async run(open) {
      await using it = await open();
      const source = await write(it, "greeter.ts", it.serving(["greeter"]));
      for (const name of ["a", "b", "c"]) {
        const lasts = name === "b" ? "until-closed" : "until-killed";
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await it.services.run({ source, name, lasts });
      }
      await it.services.kill("a");
      await using again = await it.reopen();
      const { items } = await again.services.list();
      assert.deepEqual(
        items.map(({ name }) => name),
        ["c"],
      );
      const gone = { code: "not_found", reason: "not_running" } as const;
      await refused(again.services.kill("a"), gone);
      await again.services.run({ source, name: "b" });
    },
  },
  {
    name: "what cannot come back is listed with the reason, and comes back when it can",
    async run(open) {
      await using it = await open();
      const source = await write(it, "greeter.ts", it.serving(["greeter"]));
      await it.services.run({ source });
      await rm(source);
      await using again = await it.reopen();
      const failed = async () => {
        const {
          items: [status],
        } = await again.services.list();
        return status?.state === "backing-off" && (status.lastError ?? "").includes(source);
      };
      await until(failed);
      await write(it, "greeter.ts", it.serving(["greeter"]));
      await again.services.restart("greeter");
      assert.ok(await isReady(again.services));
    },
  },
  {
    name: "run() with existing: replace leaves the same service alone, and updates it to another",
    async run(open) {
      await using it = await open();
      const source = await write(it, "greeter.ts", it.serving(["greeter"]));
      const replace = { existing: "replace" } as const;
      const first = await it.services.run({ source, args: ["one"] }, replace);
      const same = it.services.run({ source, args: ["one"] }, replace);
      assert.deepEqual(await same.catch(ReefError.from), first);
      const second = await it.services.run({ source, args: ["two"] }, replace);
      assert.notEqual(second.instance, first.instance);
      assert.partialDeepStrictEqual(second, { state: "ready", restarts: 1 });
      assert.ok(!isAlive(first));
      await it.services.run({ source, args: ["two"], lasts: "until-closed" }, replace);
      // It was run to stay, and somebody else's wish does not change that.
      await using again = await it.reopen();
      assert.equal((await again.services.list()).items.length, 1);
    },
  },
];

async function isReady(services: Services): Promise<boolean> {
  return (await services.list()).items[0]?.state === "ready";
}
