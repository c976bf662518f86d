import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectClear, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { connect, type ConnectionOptions } from "node:tls";
import { EventSource } from "../core/events.ts";
import { closed } from "../testing/closed.ts";
import { createManualClock } from "../testing/manual-clock.ts";
import { soon } from "../testing/soon.ts";
import { unhurried } from "../testing/unhurried.ts";
import { openPort, type PortOptions } from "./open-port.ts";
import type { TlsOptions } from "./secure-sockets.ts";
import { nextCertificate, testCertificate } from "./test-certificate.ts";
import { helloTimeoutMs } from "./wire/handshake.ts";

async function openTestPort(options: Partial<PortOptions> = {}) {
  const renewed = new EventSource<TlsOptions>();
  const clock = createManualClock();
  const served: string[] = [];
  const port = await openPort({
    host: "127.0.0.1",
    port: 0,
    versions: ["http1", "http2"],
    connectionsMax: 10,
    certificate: { ...testCertificate, name: undefined, renewed, isFor: () => true },
    clock,
    welcome(socket: Socket, version) {
      served.push(version);
      socket.on("error", () => {}).end(`${version}\n`);
      socket.resume();
    },
    ...options,
  });
  return {
    ...port,
    clock,
    renewed,
    served,
    async [Symbol.asyncDispose]() {
      await soon("the end of all connections", port.close().left);
    },
  };
}

function secure(port: number, options: ConnectionOptions) {
  return connect({ port, host: "127.0.0.1", servername: "localhost", ...options });
}

test("openPort() gives each connection to what was agreed upon, or to what it speaks", async () => {
  await using port = await openTestPort();
  assert.match(port.url, /^https:\/\/127\.0\.0\.1:\d+$/);
  const ca = testCertificate.cert;
  const http2 = secure(port.port, { ca, ALPNProtocols: ["h2"] });
  assert.equal(await text(http2), "http2\n");
  const http1 = secure(port.port, { ca, ALPNProtocols: ["http/1.1"] });
  assert.equal(await text(http1), "http1\n");
  const silent = secure(port.port, { ca });
  silent.write("GET / HTTP/1.1\r\n\r\n");
  assert.equal(await text(silent), "http1\n");
});

test("openPort() offers no HTTP/2 where none is spoken", async () => {
  await using port = await openTestPort({ versions: ["http1"] });
  const socket = secure(port.port, { ca: testCertificate.cert, ALPNProtocols: ["h2", "http/1.1"] });
  assert.equal(await text(socket), "http1\n");
  assert.equal(socket.alpnProtocol, "http/1.1");
});

test("openPort() tells who speaks HTTP in clear what to write, and nobody what is behind it", async () => {
  await using port = await openTestPort();
  const socket = connectClear(port.port, "127.0.0.1");
  socket.write("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
  assert.match(await text(socket), /^HTTP\/1\.1 400 .*\r\n\r\n.*write https:\/\//s);
  const native = connectClear(port.port, "127.0.0.1");
  native.on("error", () => {}).write(Buffer.alloc(16, 0xff));
  await soon("the end", once(native.resume(), "close"));
  assert.deepEqual(port.served, []);
});

test("openPort() shows a renewed certificate to those who come then, and the others stay", async () => {
  const welcome = (socket: Socket) => void socket.on("data", (data) => socket.write(data));
  await using port = await openTestPort({ welcome });
  const open = async (ca: string) => {
    const socket = secure(port.port, { ca, ALPNProtocols: ["http/1.1"] });
    const [error] = await Promise.race([
      once(socket, "secureConnect").then(() => []),
      once(socket, "error"),
    ]);
    return { socket, error };
  };
  const before = await open(testCertificate.cert);
  assert.equal(before.error, undefined);
  port.renewed.emit(nextCertificate);
  const after = await open(nextCertificate.cert);
  assert.equal(after.error, undefined);
  assert.equal((await open(testCertificate.cert)).error?.code, "DEPTH_ZERO_SELF_SIGNED_CERT");
  before.socket.write("still here");
  const [echo] = await soon("an answer", once(before.socket, "data"));
  assert.equal(String(echo), "still here");
  before.socket.destroy();
  after.socket.destroy();
});

test("openPort() lets those go that never say what they are, and waits for none of them", async () => {
  const port = await openTestPort();
  const silent = connectClear(port.port, "127.0.0.1").on("error", () => {});
  await once(silent, "connect");
  // Its turn comes after ours.
  while (port.clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
  await port.clock.advance(helloTimeoutMs);
  await soon("the end", once(silent.resume(), "close"));
  // A handshake that has begun and goes no further.
  const half = connectClear(port.port, "127.0.0.1").on("error", () => {});
  half.write(Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252]));
  await once(half, "connect");
  while (port.clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
  await soon("the end of all connections", port.close().left);
});

/** Connections that say this and no more. */
async function flood(port: number, bytes: Buffer, options: FloodOptions) {
  const { count, localAddress = "127.0.0.1" } = options;
  let gone = 0;
  const sockets = Array.from({ length: count }, () => {
    const socket = connectClear({ port, host: "127.0.0.1", localAddress });
    socket.on("error", () => {}).on("close", () => (gone += 1));
    socket.write(bytes);
    return socket.resume();
  });
  await Promise.all(sockets.map((socket) => once(socket, "connect").catch(() => {})));
  return {
    closed: () => gone,
    async allClosed() {
      await Promise.all(sockets.map(closed));
    },
  };
}

interface FloodOptions {
  readonly count: number;
  readonly localAddress?: string;
}

/** The record of a ClientHello that never comes to its end. */
const halfHello = Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]);

test("openPort() gives up handshakes that do not end, and serves others meanwhile", async () => {
  await unhurried(async (factor) => {
    await using port = await openTestPort({ connectionsMax: 1_000, handshakeMs: 300 * factor });
    const half = await flood(port.port, halfHello, { count: 200 });
    const socket = secure(port.port, { ca: testCertificate.cert, ALPNProtocols: ["http/1.1"] });
    const answer = await text(socket).catch((error: unknown) => error);
    await soon("the end of all handshakes", half.allClosed());
    if (answer instanceof Error) return false;
    assert.equal(answer, "http1\n");
    return true;
  });
});

const hasOtherLoopback = process.platform === "linux";

test(
  "openPort() lets one address have half of all connections, and others the rest",
  { skip: !hasOtherLoopback && "only Linux has all of 127.0.0.0/8" },
  async () => {
    await using port = await openTestPort({ connectionsMax: 20 });
    const half = await flood(port.port, halfHello, { count: 40, localAddress: "127.0.0.2" });
    while (half.closed() < 30) await new Promise((resolve) => setImmediate(resolve));
    const socket = secure(port.port, { ca: testCertificate.cert, ALPNProtocols: ["http/1.1"] });
    assert.equal(await text(socket), "http1\n");
    assert.equal(half.closed(), 30);
  },
);
