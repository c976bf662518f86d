import assert from "node:assert/strict";
import { test } from "node:test";

import { openTestNamespaces } from "../blocks/namespaces/drivers/store/test-namespaces.ts";
import { ReefError } from "../core/errors.ts";
import { createManualClock } from "../testing/manual-clock.ts";
import { NamespaceCache } from "./namespace-cache.ts";
import { Places } from "./places.ts";

/** What is opened says so, and waits where the test says. */
class TestPlace implements AsyncDisposable {
  readonly name: string;
  isOpen = false;
  isClosed = false;
  #opening: Promise<void>;

  constructor(name: string, opening: Promise<void>) {
    this.name = name;
    this.#opening = opening;
  }

  async open({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const aborted = new Promise<never>((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    await Promise.race([this.#opening, aborted]);
    this.isOpen = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isClosed = true;
  }
}

async function openPlaces() {
  await using opening = new AsyncDisposableStack();
  const { namespaces } = opening.use(await openTestNamespaces());
  const cache = new NamespaceCache();
  opening.use(cache.follow(namespaces));
  await cache.present;
  const clock = createManualClock();
  const made: TestPlace[] = [];
  const gate = { opening: Promise.resolve() };
  function create(name: string): TestPlace {
    const place = new TestPlace(name, gate.opening);
    made.push(place);
    return place;
  }
  const home = create("default");
  const places = opening.use(
    new Places({
      home,
      create,
      viewOf: (all: readonly TestPlace[]) => all.map(({ name }) => name).join(" "),
      namespaces: cache,
      clock,
    }),
  );
  const stack = opening.move();
  const [own] = [{ namespaces, cache, clock, made, gate, places }];
  return { ...own, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

async function makeEach(it: Awaited<ReturnType<typeof openPlaces>>, names: readonly string[]) {
  for (const name of names) {
    // oxlint-disable-next-line no-await-in-loop -- in this order
    await it.namespaces.create({ name });
    // oxlint-disable-next-line no-await-in-loop
    await it.cache.heard(name);
  }
}

test("Places opens a namespace for the first who comes, once, and knows which are not there", async () => {
  await using it = await openPlaces();
  await makeEach(it, ["acme"]);
  assert.equal(it.places.at("default"), "default");
  const [one, other] = [it.places.at("acme"), it.places.at("acme")];
  assert.deepEqual(await Promise.all([one, other]), ["acme", "acme"]);
  assert.equal(it.places.at("acme"), "acme");
  assert.equal(it.made.length, 2);
  assert.throws(() => it.places.at("other"), {
    code: "not_found",
    message: /reef namespace create other/,
  });
});

test("Places shows a branch with the bases that it has now", async () => {
  await using it = await openPlaces();
  await makeEach(it, ["a"]);
  await it.namespaces.create({ name: "b", base: "a" });
  await it.cache.heard("b");
  assert.equal(await it.places.at("b"), "b a");
  const changed = Promise.withResolvers<void>();
  using listening = it.cache.onChange(changed.resolve);
  assert.ok(listening);
  await it.namespaces.change("a", { base: "default" });
  await changed.promise;
  assert.equal(await it.places.at("b"), "b a default");
  assert.equal(it.made.length, 3);
});

test("Places gives up what does not open, and opens it again for the next", async () => {
  await using it = await openPlaces();
  await makeEach(it, ["acme"]);
  it.gate.opening = new Promise(() => {});
  const refused = assert.rejects(async () => it.places.at("acme"), { code: "unavailable" });
  await it.clock.advance(5_000);
  await refused;
  assert.equal(it.made.at(-1)?.isClosed, true);
  it.gate.opening = Promise.resolve();
  assert.equal(await it.places.at("acme"), "acme");
});

test("Places closes the one that was come for longest ago, when there are too many", async () => {
  await using it = await openPlaces();
  const names = Array.from({ length: 202 }, (_, at) => `n${at}`);
  await makeEach(it, names);
  for (const name of names.slice(0, 200)) await it.places.at(name);
  await it.places.at("n0");
  await it.places.at("n200");
  await it.places.at("n201");
  const closed = it.made.filter(({ isClosed }) => isClosed).map(({ name }) => name);
  assert.deepEqual(closed, ["n1", "n2"]);
  assert.equal(await it.places.at("n1"), "n1");
});

test("Places opens nothing where there is the home alone", () => {
  const places = new Places({
    home: new TestPlace("default", Promise.resolve()),
    create: () => {
      throw new ReefError("internal", "Nothing is to be opened");
    },
    viewOf: ([own]: readonly TestPlace[]) => own?.name,
    namespaces: undefined,
    clock: createManualClock(),
  });
  assert.equal(places.at("acme"), "default");
});
