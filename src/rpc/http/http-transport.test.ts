import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";

import { type Contract, contract } from "../../contract/contract.ts";
import { method } from "../../contract/method.ts";
import { isError } from "../../contract/typed-error.ts";
import { DeadlineSweep } from "../../core/deadline.ts";
import { ReefError } from "../../core/errors.ts";
import { soon } from "../../testing/soon.ts";
import { unhurried } from "../../testing/unhurried.ts";
import { createAddressRoute } from "../address-route.ts";
import { formatHttpAddress } from "../address.ts";
import { createClient } from "../client.ts";
import { type Fixture, transportConformance } from "../conformance.ts";
import { collect, Probe } from "../conformance/probe.ts";
import { ConnectionPool } from "../connection-pool.ts";
import type { Service } from "../service.ts";
import { openHttpTransport } from "./http-transport.ts";
import type { HttpLimits } from "./limits.ts";
import { openProgram, openServingProgram } from "./test-program.ts";

const oneMessage = "HTTP carries one message from the caller";

transportConformance("http", {
  open: openFixture,
  except: {
    "unary: 10,000 calls are under way at once":
      "HTTP/1.1 has one call at a time on a connection, and connections are few",
    "cancel: half a stream is never shown to its handler as the whole of it": oneMessage,
    "stream: inputs come in order, and then the end": oneMessage,
    "stream: both directions at once, answer by answer": oneMessage,
    "stream: a slow handler slows its caller": oneMessage,
    "stream: a slow reader slows the handler":
      "HTTP has no credit: what fits into the buffers of a connection is made ahead",
    "stream: invalid input ends the call with its place": oneMessage,
    "stream: an answer before the end of the inputs stops them": oneMessage,
    "stream: what the caller's own iterable throws is what the caller gets": oneMessage,
    "context: the caller's iterable runs in the caller's context": oneMessage,
    "context: calls at the same time do not see each other's": oneMessage,
    "beside: headers and trailers come with answers to a stream of inputs": oneMessage,
    "beside: headers and trailers come with an error to a stream of inputs": oneMessage,
    "beside: headers of a stream of inputs are there before the answer is made": oneMessage,
    "middleware: wraps calls of every kind in the order of the list": oneMessage,
  },
});

async function openFixture(services: readonly Service[]): Promise<Fixture> {
  await using stack = new AsyncDisposableStack();
  const program = stack.use(await openServingProgram(services));
  const route = stack.use(await openHttpTransport(program.address, { limits: { calls: 1_000 } }));
  const owned = stack.move();
  const deadlines = new DeadlineSweep();
  return {
    client: <C extends Contract>(contract: C) => createClient(contract, { route, deadlines }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A client of a program that answers in its own way, and the number of requests that it has got. */
async function openHostile(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  limits: Partial<HttpLimits> = {},
) {
  await using stack = new AsyncDisposableStack();
  const seen = { requests: 0, connections: new Set<unknown>() };
  const program = stack.use(
    await openProgram((request, response) => {
      seen.requests += 1;
      seen.connections.add(request.socket);
      answer(request, response);
    }),
  );
  const address = formatHttpAddress(program.address);
  const pool = stack.use(
    new ConnectionPool(async () => openHttpTransport(program.address, { limits })),
  );
  const route = createAddressRoute(address, pool);
  const owned = stack.move();
  return {
    seen,
    program,
    pool,
    route,
    probe: createClient(Probe, { route, deadlines: new DeadlineSweep() }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function json(response: ServerResponse, body: string, status = 200, type = "application/json") {
  response.writeHead(status, { "content-type": type }).end(body);
}

test("a refused connection means never executed", async () => {
  await using it = await openHostile((_request, response) => json(response, '{"message":"x"}'));
  await it.probe.hello({ name: "" });
  await it.program[Symbol.asyncDispose]();
  await assert.rejects(it.probe.hello({ name: "" }), {
    code: "unavailable",
    maybeExecuted: false,
    message: /nothing listens there/,
  });
});

test("a connection that breaks before the answer means maybe executed", async () => {
  await using it = await openHostile((request) => request.socket.destroy());
  await assert.rejects(it.probe.hello({ name: "" }), {
    code: "unavailable",
    maybeExecuted: true,
    message: /was lost before the answer was complete/,
  });
  assert.equal(it.seen.requests, 1);
});

test("a lost call that may be repeated leaves a process the time to be off the list", async () => {
  const Calm = contract("probe", { nothing: method({ idempotent: true }) });
  const at: number[] = [];
  const lostPauseMs = 40;
  await using it = await openHostile(
    (request, response) => {
      at.push(performance.now());
      if (at.length === 1) request.socket.destroy();
      else response.writeHead(204).end();
    },
    { lostPauseMs },
  );
  const deadlines = new DeadlineSweep();
  await createClient(Calm, { route: it.route, deadlines }).nothing();
  // Timers are rounded.
  assert(Number(at[1]) - Number(at[0]) >= lostPauseMs - 2);
});

test("an answer that is cut off is no answer", async () => {
  await using it = await openHostile((_request, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": 100 });
    response.write('{"message":"x"}', () => response.destroy());
  });
  await assert.rejects(it.probe.hello({ name: "" }), { code: "unavailable", maybeExecuted: true });
});

test("a program that changes the protocol unasked ends the call", async () => {
  await using it = await openHostile((_request, { socket }) => {
    socket?.write("HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n");
  });
  await assert.rejects(it.probe.hello({ name: "" }), { code: "unavailable", maybeExecuted: true });
});

test("limitInterim() ends the call of a program that only ever says 1xx", async () => {
  const gone = Promise.withResolvers<void>();
  await using it = await openHostile(({ socket }) => {
    const more = () => void socket.write("HTTP/1.1 102 Processing\r\n\r\n".repeat(10_000));
    socket.on("drain", more).on("error", () => {});
    socket.on("close", () => gone.resolve());
    more();
  });
  await assert.rejects(it.probe.hello({ name: "" }), {
    code: "internal",
    message: /it sent more than 1000 interim answers/,
  });
  await gone.promise;
});

test("answers that keep to nothing end in clear errors", async () => {
  const answers: [answer: (response: ServerResponse) => void, text: RegExp][] = [
    [
      (response) => json(response, "{}", 200, "text/html"),
      /must be application\/json, it is "text/,
    ],
    [(response) => json(response, "no"), /is not JSON/],
    [(response) => json(response, '{"message":7}'), /breaks its contract: "message" must be/],
    [(response) => json(response, "{}", 302), /answered with HTTP 302/],
    [(response) => json(response, " ".repeat(5_000)), /the limit is 4096 bytes/],
    [
      (response) => response.writeHead(200, { "x-long": "x".repeat(9_000) }).end(),
      /its head is longer than the limit/,
    ],
    [(response) => void response.socket?.end("HTTP/1.1 nonsense\r\n\r\n"), /it is not HTTP\/1.1/],
  ];
  for (const [answer, message] of answers) {
    // oxlint-disable-next-line no-await-in-loop -- each has a program of its own
    await using it = await openHostile((_request, response) => answer(response), {
      messageBytes: 4_096,
      headBytes: 8_192,
    });
    // oxlint-disable-next-line no-await-in-loop
    await assert.rejects(it.probe.hello({ name: "" }), { message, maybeExecuted: true });
  }
});

test("an endless body is not taken beyond the limit", async () => {
  let written = 0;
  await using it = await openHostile((_request, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    const more = () => {
      while (!response.destroyed && response.write(" ".repeat(65_536))) written += 1;
    };
    response.on("drain", more);
    more();
  });
  await assert.rejects(it.probe.hello({ name: "" }), {
    code: "internal",
    message: /the limit is 4194304 bytes/,
  });
  assert(written < 1_000);
});

test("a stalled answer ends with the deadline, and its connection with it", async () => {
  await unhurried(async (factor) => {
    const closed = Promise.withResolvers<void>();
    await using it = await openHostile((request, response) => {
      request.socket.once("close", () => closed.resolve());
      response.writeHead(200, { "content-type": "application/json" });
      response.write("{");
    });
    const going = it.probe.hello({ name: "" }, { timeoutMs: 60 * factor });
    const { code, maybeExecuted } = await going.then(
      () => assert.fail("it was answered"),
      ReefError.from,
    );
    assert.equal(code, "deadline_exceeded");
    if (it.seen.requests === 0) return false;
    assert.equal(maybeExecuted, true);
    await soon("the end of its connection", closed.promise);
    return true;
  });
});

test("a status without a problem becomes the code of the table", async () => {
  const codes = { 400: "invalid_argument", 404: "not_found", 429: "resource_exhausted" };
  const more = { 418: "unknown", 500: "unknown", 501: "unimplemented", 503: "unavailable" };
  for (const [status, code] of Object.entries({ ...codes, ...more, 502: "unavailable" })) {
    // oxlint-disable-next-line no-await-in-loop
    await using it = await openHostile((_request, response) => {
      json(response, "<h1>Oh</h1>", Number(status), "text/html");
    });
    // oxlint-disable-next-line no-await-in-loop
    await assert.rejects(it.probe.hello({ name: "" }), {
      code,
      message: `probe/hello answered with HTTP ${status}`,
    });
  }
});

test("a problem says the typed error, its data and that nothing was executed", async () => {
  await using it = await openHostile((_request, response) => {
    const data = { name: "Zoe", raw: "CQ==", big: "12", more: "undeclared" };
    const type = "urn:reef:error:probe:nobody";
    const problem = { type, title: "Nobody", detail: "No Zoe", data, maybeExecuted: false };
    json(response, JSON.stringify(problem), 410, "application/problem+json; charset=utf-8");
  });
  const error = await it.probe.hello({ name: "" }).catch((thrown: unknown) => thrown);
  assert(isError(error, Probe, "nobody"));
  // The status is any; the contract knows the code.
  assert.equal(error.code, "not_found");
  assert.equal(error.message, "No Zoe");
  assert.equal(error.maybeExecuted, false);
  assert.deepEqual(
    { ...error.data, raw: [...error.data.raw] },
    { name: "Zoe", raw: [9], big: 12n },
  );
});

test("what is refused as never executed is tried again", async () => {
  await using it = await openHostile((_request, response) => {
    if (it.seen.requests > 1) return json(response, '{"message":"at last"}');
    const problem = { code: "unavailable", status: 503, maybeExecuted: false };
    json(response, JSON.stringify(problem), 503, "application/problem+json");
  });
  assert.deepEqual(await it.probe.hello({ name: "" }), { message: "at last" });
});

test("input that breaks the contract is refused here, and says where", async () => {
  await using it = await openHostile((_request, response) => json(response, "{}"));
  const wrong = { name: 7 as unknown as string };
  await assert.rejects(it.probe.hello(wrong), (error: ReefError) => {
    return error.violations?.[0]?.path === "name" && !error.maybeExecuted;
  });
  assert.equal(it.seen.requests, 0);
});

test("an answer without a body is one without fields", async () => {
  await using it = await openHostile((_request, response) => response.writeHead(204).end());
  assert.deepEqual(await it.probe.nothing(), {});
  assert.equal(await it.probe.log({ text: "" }), undefined);
});

test("connections are few and used again; calls beyond them wait", async () => {
  const waiting: ServerResponse[] = [];
  await using it = await openHostile(
    (_request, response) => {
      waiting.push(response);
      if (waiting.length < 4) return;
      for (const each of waiting.splice(0)) json(each, '{"message":"x"}');
    },
    { connections: 4 },
  );
  await Promise.all(Array.from({ length: 200 }, () => it.probe.hello({ name: "" })));
  assert.equal(it.seen.requests, 200);
  assert.equal(it.seen.connections.size, 4);
});

test("a call that never got a connection was never executed", async () => {
  const came = Promise.withResolvers<void>();
  await using it = await openHostile(() => came.resolve(), { connections: 1 });
  const leaving = new AbortController();
  const first = it.probe.hello({ name: "" }, { timeoutMs: 60_000, signal: leaving.signal });
  await soon("the first request", came.promise);
  await assert.rejects(it.probe.hello({ name: "" }, { timeoutMs: 50 }), {
    code: "deadline_exceeded",
    maybeExecuted: false,
    message: /no connection to http:.* was free within its time limit/,
  });
  leaving.abort();
  await assert.rejects(first, { code: "cancelled", maybeExecuted: true });
});

test("a transport that rests is forgotten", async () => {
  await using it = await openHostile((_request, response) => json(response, '{"message":"x"}'), {
    restMs: 20,
  });
  await it.probe.hello({ name: "" });
  const transport = await it.pool.open(formatHttpAddress(it.program.address));
  await transport.closed;
  assert.equal(transport.usable, false);
  await it.probe.hello({ name: "" });
});

test("server-sent events are a stream, with its end and its error", async () => {
  const head = { "content-type": "text/event-stream" };
  await using it = await openHostile((_request, response) => {
    response.writeHead(200, head);
    response.write(': hello\r\ndata: {"n":1}\r\n\r\nevent: other\ndata: x\n\n');
    const last = ["event: end\ndata: {}\n\n", problemEvent, ""][it.seen.requests - 1];
    response.end(`event: message\ndata: {\ndata: "n":2}\n\n${last}`);
  });
  const problemEvent =
    'event: error\ndata: {"type":"urn:reef:problem:data_loss","code":"data_loss","detail":"gone"}\n\n';
  assert.deepEqual(await collect(it.probe.count({ to: 2 })), [{ n: 1 }, { n: 2 }]);
  await assert.rejects(collect(it.probe.count({ to: 2 })), { code: "data_loss", message: "gone" });
  await assert.rejects(collect(it.probe.count({ to: 2 })), {
    code: "unavailable",
    message: /without its last event/,
  });
});

test("lines that are not chunked, or no stream at all, are refused", async () => {
  await using it = await openHostile((_request, response) => {
    if (it.seen.requests > 1) return json(response, '{"n":1}');
    response.useChunkedEncodingByDefault = false;
    response.writeHead(200, { "content-type": "application/x-ndjson", connection: "close" });
    response.end('{"n":1}\n');
  });
  await assert.rejects(collect(it.probe.count({ to: 1 })), { message: /have to be sent chunked/ });
  await assert.rejects(collect(it.probe.count({ to: 1 })), { message: /has the Content-Type/ });
});

test("a reader that is slow slows an endless stream", async () => {
  let lines = 0;
  const line = `${JSON.stringify({ n: 1, pad: "x".repeat(10_000) })}\n`;
  await using it = await openHostile((_request, response) => {
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    const more = () => {
      do lines += 1;
      while (!response.destroyed && response.write(line));
    };
    response.on("drain", more);
    more();
  });
  const answers = it.probe.count({ to: 1 });
  await answers.next();
  let before = -1;
  while (before !== lines) {
    before = lines;
    // oxlint-disable-next-line no-await-in-loop -- until nothing moves any more
    for (let still = 0; still < 50; still += 1) await turn();
  }
  assert(lines * line.length < 64 * 1_048_576, `${lines} lines were written ahead`);
  for (let taken = 0; taken < 1_000; taken += 1) assert.equal((await answers.next()).value?.n, 1);
  await answers.return?.();
});
