/** The client in a real browser: the page is of another origin than the gateway, which knows it or does not. */
import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { test } from "node:test";

import { openFixture } from "../edges/gateway/fixtures/open-fixture.ts";
import { service } from "../rpc/service.ts";
import { Greeter } from "./fixtures/greeter-contract.ts";
import { findBrowser, openBrowser } from "./fixtures/open-browser.ts";
import { openPages } from "./fixtures/open-pages.ts";

const browser = findBrowser();
const skip = browser === undefined && "this machine has no chromium";

function createGreeter() {
  const logged: string[] = [];
  const streams = new Set<object>();
  const ended = new EventEmitter();
  return service(Greeter, {
    hello({ name, since }, call) {
      if (name === "Nobody") throw call.errors.nobody({ name });
      const message = `Hello ${name} since ${since?.toISOString()}`;
      return { message, raw: new Uint8Array([0, 255]), big: 2n ** 53n + 1n };
    },
    wait: (_, call) =>
      new Promise((_resolve, reject) => {
        call.signal.addEventListener("abort", () => reject(call.signal.reason));
      }),
    log: ({ text }) => void logged.push(text),
    async *count({ to }) {
      const stream = {};
      streams.add(stream);
      try {
        for (let n = 1; n <= to; n += 1) yield { n };
      } finally {
        streams.delete(stream);
        ended.emit("end");
      }
    },
    async sum(numbers) {
      let sum = 0;
      for await (const { n } of numbers) sum += n;
      return { sum };
    },
    async *chat(numbers) {
      yield* numbers;
    },
    async left() {
      // That a page has left its stream is heard beside its other calls.
      while (streams.size > 0) await once(ended, "end");
      return { streams: streams.size, logged };
    },
  });
}

async function show({ allowed }: { readonly allowed: boolean }): Promise<unknown> {
  await using pages = await openPages(() => ({ gateway: fixture.gateway.url }));
  const origins = allowed ? [pages.origin] : [];
  await using fixture = await openFixture([createGreeter()], { origins });
  // The test is skipped where there is none.
  await using browserOfTest = await openBrowser(browser ?? "", `${pages.origin}/`);
  assert.ok(browserOfTest);
  return await pages.results;
}

test("client() works in a browser, without a bundler", { skip }, async () => {
  assert.deepEqual(await show({ allowed: true }), {
    unary: ["Hello Ann since 1970-01-01T00:00:00.000Z", [0, 255], "9007199254740993"],
    "typed error": { code: "not_found", name: "Nobody" },
    validation: {
      code: "invalid_argument",
      violations: [{ path: "name", message: "must have at least 1 characters, has 0" }],
    },
    deadline: { code: "deadline_exceeded" },
    cancel: { code: "deadline_exceeded" },
    stream: [1, 2, 3],
    leaving: 2,
    "client stream": { sum: 3 },
    "both ways": { code: "unimplemented" },
    notify: "sent",
    left: { streams: 0, logged: ["from the page"] },
  });
});

test("a page of an origin that the gateway was not told of gets nothing", { skip }, async () => {
  // What went wrong by the name of what was tried.
  const results = (await show({ allowed: false })) as { [claim: string]: { code: unknown } };
  const { deadline, cancel, ...others } = results;
  const codes = new Set(Object.values(others).map(({ code }) => code));
  // What needs no gateway fails in its own way.
  assert.deepEqual([...codes].toSorted(), ["unavailable", "unimplemented"]);
  // A browser may need longer to refuse than these wait.
  for (const each of [deadline, cancel]) {
    assert.match(String(each?.code), /^(?:unavailable|deadline_exceeded)$/);
  }
});
