import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { test } from "node:test";

import { createLogger } from "../core/log.ts";
import { type Entrance, entranceWaitMsMax, LateEntrance } from "./late-entrance.ts";
import { sniff } from "./sniff.ts";
import { createManualClock } from "../testing/manual-clock.ts";

const request = "GET / HTTP/1.1\r\n\r\n";

/** A port whose connections wait for an entrance that the test lets in. */
async function open(attempts: PromiseWithResolvers<Entrance>[]) {
  const lines: string[] = [];
  const given: string[] = [];
  const came = [Promise.withResolvers<Socket>(), Promise.withResolvers<Socket>()];
  const gone: Promise<unknown>[] = [];
  const sockets = new Set<Socket>();
  const clock = createManualClock();
  let loads = 0;
  const late = new LateEntrance({
    load: () => attempts[loads++]!.promise,
    clock,
    log: createLogger({ write: (line) => void lines.push(line) }),
  });
  const server = createServer((socket) => {
    sockets.add(socket);
    const index = gone.push(new Promise((resolve) => void socket.once("close", resolve))) - 1;
    sniff(socket, clock, (version) => {
      assert.ok(version === "http1" || version === "http2");
      late.welcome(socket, version);
      came[index]?.resolve(socket);
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  // It listens on TCP, so its address is an object.
  const { port } = server.address() as AddressInfo;
  const callers: Socket[] = [];
  return {
    late,
    clock,
    lines,
    given,
    came: came.map(({ promise }) => promise),
    gone,
    loads: () => loads,
    call(): Socket {
      const caller = connect(port, "127.0.0.1");
      caller.on("error", () => {});
      callers.push(caller);
      return caller;
    },
    /** Answers whole requests with their length. */
    entrance: {
      welcome(socket: Socket, version: string) {
        let text = "";
        socket.on("data", (chunk) => {
          text += chunk.toString("latin1");
          if (!text.endsWith("end")) return;
          given.push(version);
          socket.end(String(text.length));
        });
      },
    },
    async [Symbol.asyncDispose]() {
      for (const socket of [...callers, ...sockets]) socket.destroy();
      await once(server.close(), "close");
    },
  };
}

/** All that the far side says; nothing when it just leaves. */
async function heard(caller: Socket): Promise<string> {
  let text = "";
  caller.on("data", (chunk) => (text += chunk.toString("latin1")));
  await new Promise((resolve) => void caller.once("close", resolve));
  return text;
}

test("LateEntrance loads once, and loses nothing of what came meanwhile", async () => {
  const loading = Promise.withResolvers<Entrance>();
  await using port = await open([loading]);
  const [first, second] = [port.call(), port.call()];
  // More than a socket reads ahead.
  const body = "x".repeat(300_000);
  first.write(request);
  await port.came[0];
  first.write(`${body}end`);
  second.write(`${request}end`);
  await port.came[1];
  loading.resolve(port.entrance);
  const lengths = await Promise.all([first, second].map(heard));
  assert.deepEqual(lengths, [request.length + body.length + 3, request.length + 3].map(String));
  assert.equal(port.loads(), 1);
  assert.deepEqual(port.given, ["http1", "http1"]);
  const third = port.call();
  third.write(`${request}end`);
  assert.equal(await heard(third), String(request.length + 3));
});

test("LateEntrance forgets who broke off while it was loaded", async () => {
  const loading = Promise.withResolvers<Entrance>();
  await using port = await open([loading]);
  const caller = port.call();
  caller.write(request);
  await port.came[0];
  caller.resetAndDestroy();
  await port.gone[0];
  loading.resolve({ welcome: () => assert.fail("nobody is there") });
  assert.ok(await port.late.end());
});

test("LateEntrance keeps nobody waiting for what does not come", async () => {
  await using port = await open([Promise.withResolvers<Entrance>()]);
  const caller = port.call();
  caller.write(request);
  await port.came[0];
  await port.clock.advance(entranceWaitMsMax);
  assert.equal(await heard(caller), "");
});

test("LateEntrance lets go of everybody when it cannot be loaded, and tries again with the next", async () => {
  const [broken, whole] = [Promise.withResolvers<Entrance>(), Promise.withResolvers<Entrance>()];
  await using port = await open([broken, whole]);
  const first = port.call();
  first.write(request);
  await port.came[0];
  broken.reject(new Error("no such file"));
  assert.equal(await heard(first), "");
  assert.match(port.lines.join(), /An entrance could not be opened.*no such file/);
  whole.resolve(port.entrance);
  const second = port.call();
  second.write(`${request}end`);
  assert.equal(await heard(second), String(request.length + 3));
});

test("LateEntrance.end() waits for those who have come, and lets nobody in when nobody had", async () => {
  const loading = Promise.withResolvers<Entrance>();
  await using port = await open([loading]);
  const caller = port.call();
  caller.write(`${request}end`);
  await port.came[0];
  const ended = port.late.end();
  loading.resolve(port.entrance);
  assert.equal(await ended, port.entrance);
  assert.equal(await heard(caller), String(request.length + 3));

  await using silent = await open([]);
  assert.equal(await silent.late.end(), undefined);
  const late = silent.call();
  late.write(request);
  assert.equal(await heard(late), "");
  assert.equal(silent.loads(), 0);
});
