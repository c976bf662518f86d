/** What the proxy itself answers: whether services fare well, and what their `.proto` is. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { t } from "../../contract/builder.ts";
import { contract } from "../../contract/contract.ts";
import { method, stream } from "../../contract/method.ts";
import { lockNumbers } from "../../contract/numbers/lock-numbers.ts";
import { PlainProbe, Probe, probeHandlers } from "../../rpc/conformance/probe.ts";
import { service } from "../../rpc/service.ts";
import { soon } from "../../testing/soon.ts";
import { openFixture } from "./fixtures/open-fixture.ts";

const run = promisify(execFile);
const buf = fileURLToPath(new URL("../../../node_modules/.bin/buf", import.meta.url));

async function curl(...given: string[]): Promise<string> {
  const ended = await run(buf, ["curl", "--http2-prior-knowledge", ...given]).catch(
    (error: unknown) => error as { readonly stdout: string; readonly stderr: string },
  );
  return `${ended.stdout}${ended.stderr}`;
}

test("buf curl calls a service through the proxy without a schema, by both versions of reflection", async () => {
  await using fixture = await openFixture([service(Probe, probeHandlers())]);
  const url = `${fixture.proxy.url}/probe.v1.Probe/Hello`;
  for (const version of ["grpc-v1", "grpc-v1alpha"]) {
    const how = ["--protocol", "grpc", "--reflect-protocol", version];
    // oxlint-disable-next-line no-await-in-loop -- the machine has few cores, and each is a process
    const text = await curl(...how, "-d", '{"name":"Ann"}', url);
    assert.deepEqual(JSON.parse(text), { message: "Hello Ann" });
  }
});

test("reflection at the proxy lists what is running and has numbers, and nothing of the platform", async () => {
  const Store = contract("store", Probe.methods, {
    numbers: { store: lockNumbers(contract("store", Probe.methods).descriptor) },
  });
  const Bare = contract("bare", PlainProbe.methods);
  await using fixture = await openFixture([
    service(Probe, probeHandlers()),
    service(Store, probeHandlers()),
    service(Bare, probeHandlers()),
  ]);
  const lines = (await curl("--list-methods", fixture.proxy.url)).trim().split("\n");
  const services = new Set(lines.map((line) => line.slice(0, line.indexOf("/"))));
  assert.deepEqual(
    [...services],
    [
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
      "probe.v1.Probe",
    ],
  );
});

const asked = t.object({ service: t.string() });
const status = t.object({ status: t.string() });
/** The official service, as far as its JSON goes. */
const Health = contract("health", {
  check: method({ input: asked, output: status }),
  watch: method({ input: asked, output: stream(status) }),
});
const OfficialHealth = {
  ...Health,
  descriptor: { ...Health.descriptor, proto: { service: "grpc.health.v1.Health" } },
};

test("health at the proxy is that of the platform and of each service, by the nodes that take calls", async () => {
  await using fixture = await openFixture([]);
  const health = fixture.client(OfficialHealth);
  const { contract: probe } = service(Probe, probeHandlers());
  const node = {
    id: "n1",
    namespace: "default",
    service: probe.name,
    version: probe.version,
    addresses: ["tcp://127.0.0.1:1"],
    contractDigest: probe.digest,
    metadata: {},
  };
  const name = { service: "probe.v1.Probe" };
  assert.deepEqual(await health.check({ service: "" }), { status: "SERVING" });
  await assert.rejects(health.check(name), { code: "not_found" });
  const watch = health.watch(name);
  const next = async () => (await soon("A status", watch.next())).value?.status;
  assert.equal(await next(), "SERVICE_UNKNOWN");
  const first = { contract: probe.descriptor };
  const starting = await fixture.registry.register({ ...node, state: "starting" }, first);
  assert.equal(await next(), "NOT_SERVING");
  const ready = await fixture.registry.register({ ...node, id: "n2", state: "ready" }, first);
  assert.equal(await next(), "SERVING");
  assert.deepEqual(await health.check(name), { status: "SERVING" });
  await ready[Symbol.asyncDispose]();
  assert.equal(await next(), "NOT_SERVING");
  assert.deepEqual(await health.check(name), { status: "NOT_SERVING" });
  await watch.return?.();
  await starting[Symbol.asyncDispose]();
});
