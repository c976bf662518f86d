import assert from "node:assert/strict";
import { test } from "node:test";

import type { RunSpec, Services, ServiceStatus } from "../../blocks/runtime/index.ts";
import { limitServices } from "./limited-services.ts";

/** Runs nothing; what is run waits until it is let go. */
function openServices() {
  const running: ServiceStatus[] = [];
  const gate = Promise.withResolvers<void>();
  const unused = () => assert.fail("nobody asks for it");
  const services: Services = {
    async run({ name = "unnamed" }: RunSpec) {
      await gate.promise;
      const status: ServiceStatus = { name, source: "/x", state: "ready", restarts: 0, log: "/l" };
      running.push(status);
      return status;
    },
    list: async () => ({ items: running }),
    update: unused,
    restart: unused,
    kill: async (name) =>
      void running.splice(
        running.findIndex((one) => one.name === name),
        1,
      ),
    logs: unused,
  };
  const limited = limitServices(services, { namespace: "acme", starting: new Set(), limit: 2 });
  return { limited, letGo: gate.resolve };
}

test("limitServices() counts what runs and what is being started, each name once", async () => {
  const { limited, letGo } = openServices();
  const first = limited.run({ name: "a" });
  const second = limited.run({ name: "b" });
  const full = {
    code: "resource_exhausted",
    message: /run "c".* a quota of 2 services; .*--services N/,
  };
  await assert.rejects(limited.run({ name: "c" }), full);
  letGo();
  await Promise.all([first, second]);
  await assert.rejects(limited.run({ name: "c" }), full);
  await assert.rejects(limited.run({}), { code: "resource_exhausted" });
  await limited.run({ name: "a" });
  await limited.kill("a");
  await limited.kill("a");
  await limited.run({ name: "c" });
});
