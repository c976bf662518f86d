import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { closed } from "../../testing/closed.ts";
import { soon } from "../../testing/soon.ts";
import { unhurried } from "../../testing/unhurried.ts";
import { Probe, probeHandlers } from "../../rpc/conformance/probe.ts";
import { service } from "../../rpc/service.ts";
import { openFixture } from "./fixtures/open-fixture.ts";

/** Clients that begin like this and say no more. */
async function flood(port: number, beginning: string): Promise<() => Promise<unknown>> {
  const sockets = Array.from({ length: 100 }, () => {
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    socket.write(beginning);
    return socket.resume();
  });
  await Promise.all(sockets.map((socket) => once(socket, "connect")));
  return () => Promise.all(sockets.map(closed));
}

test("clients of either HTTP that never finish what they begin are let go, and others are served meanwhile", async () => {
  await unhurried(async (factor) => {
    await using fixture = await openFixture([service(Probe, probeHandlers())], {
      limits: { headMs: 300 * factor },
    });
    const { port, url } = fixture.proxy;
    const beginnings = [
      "POST /probe.v1.Probe/Hello HTTP/1.1\r\nhost: localhost\r\nx-slow: ",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ];
    const floods = await Promise.all(beginnings.map((beginning) => flood(port, beginning)));
    const headers = { "content-type": "application/json" };
    const request = { method: "POST", headers, body: '{"name":"Ann"}' };
    const answer = await fetch(`${url}/probe.v1.Probe/Hello`, request).then(
      (response) => response.json(),
      () => undefined,
    );
    for (const allClosed of floods) {
      // oxlint-disable-next-line no-await-in-loop -- they end together
      await soon("the end of those that are slow", allClosed());
    }
    // It was itself as slow as they are.
    if (answer === undefined) return false;
    assert.deepEqual(answer, { message: "Hello Ann" });
    return true;
  });
});
