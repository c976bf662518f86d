/** Cases about the end of a service. */
import assert from "node:assert/strict";
import type { RuntimeCase } from "../conformance.ts";
import { endOf, isAlive, read, refused, write } from "./fixture.ts";

export const killCases: readonly RuntimeCase[] = [
  {
    name: "kill() ends the process and forgets the service",
    async run(open) {
      await using it = await open();
      const source = await write(it, "greeter.ts", it.serving(["greeter"]));
      const status = await it.services.run({ source });
      await it.services.kill("greeter");
      assert.ok(!isAlive(status));
      assert.deepEqual((await it.services.list()).items, []);
      const view = await it.registry.resolve({ namespace: "default", service: "greeter" });
      assert.equal(view.expected, false);
      const missing = { code: "not_found", reason: "not_running" } as const;
      await refused(it.services.kill("greeter"), missing);
      await it.services.run({ source });
    },
  },
  {
    name: "kill() ends a process that ignores being asked, and those that it has started",
    async run(open) {
      await using it = await open();
      const stubborn = `
        import { spawn } from "node:child_process";
        process.on("SIGTERM", () => {});
        const child = spawn(process.execPath, ["-e", "process.on('SIGTERM', () => {}); setInterval(() => {}, 1e6)"]);
        console.log("child " + child.pid);`;
      const source = await write(it, "greeter.ts", stubborn + it.serving(["greeter"]));
      const status = await it.services.run({ source });
      const texts = await read(it.services, { name: "greeter" });
      const child = texts.find((text) => text.startsWith("child "))?.slice("child ".length);
      await it.services.kill("greeter");
      assert.ok(!isAlive(status));
      await endOf(Number(child));
    },
  },
  {
    name: "kill() ends a crash loop",
    async run(open) {
      await using it = await open();
      const source = await write(it, "greeter.ts", it.serving(["greeter"]));
      await it.services.run({ source });
      await write(it, "greeter.ts", `throw new Error("bad change");`);
      await assert.rejects(it.services.restart("greeter"));
      await it.services.kill("greeter");
      assert.deepEqual((await it.services.list()).items, []);
    },
  },
];
