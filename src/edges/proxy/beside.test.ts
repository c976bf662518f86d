/** What a service says beside its answers, as callers of the proxy read it who cannot read trailers of HTTP. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { ReefError } from "../../core/errors.ts";
import { Probe, probeHandlers } from "../../rpc/conformance/probe.ts";
import { envelopeFlag } from "../../rpc/grpc/grpc-frames.ts";
import { envelopesOf, jsonEnvelope } from "../../rpc/grpc/test-caller.ts";
import type { Call } from "../../rpc/server-call.ts";
import { service } from "../../rpc/service.ts";
import { openFixture } from "./fixtures/open-fixture.ts";

function say({ response }: Call): void {
  response.headers["x-cell"] = "7";
  response.trailers["x-cost"] = "3";
}

const handlers = probeHandlers({
  async *count({ to }, call) {
    say(call);
    yield { n: 1 };
    if (to === 0) throw new ReefError("out_of_range", "It is zero");
  },
  async sum(numbers, call) {
    say(call);
    let sum = 0;
    for await (const { n } of numbers) sum += n;
    return { sum };
  },
});

test("streams of gRPC-Web and Connect have headers in their head and trailers at their end, with errors too", async () => {
  await using fixture = await openFixture([service(Probe, handlers)]);
  async function end(path: string, type: string, message: object) {
    const body = new Uint8Array(jsonEnvelope(message));
    const headers = { "content-type": type };
    const url = `${fixture.proxy.url}/probe.v1.Probe/${path}`;
    const response = await fetch(url, { method: "POST", headers, body });
    assert.equal(response.headers.get("x-cell"), "7", `${path} by ${type}`);
    return envelopesOf(Buffer.from(await response.arrayBuffer())).at(-1);
  }
  for (const [path, message, fails] of [
    ["Count", { to: 1 }, false],
    ["Count", { to: 0 }, true],
    ["Sum", { n: 1 }, false],
  ] as const) {
    const web = await end(path, "application/grpc-web+json", message);
    assert.equal(web?.flags, envelopeFlag.trailers);
    assert.match(web.text, /^x-cost: 3\r\n/m);
    assert.match(web.text, fails ? /^grpc-status: 11\r\n/m : /^grpc-status: 0\r\n/m);
    const connect = await end(path, "application/connect+json", message);
    assert.equal(connect?.flags, envelopeFlag.endStream);
    const { error, metadata } = JSON.parse(connect.text) as {
      readonly error?: { readonly code: string };
      readonly metadata?: object;
    };
    assert.deepEqual(
      [error?.code, metadata],
      [fails ? "out_of_range" : undefined, { "x-cost": ["3"] }],
    );
  }
});
