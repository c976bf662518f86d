/**
 * The work that every peer does, so that only the way between the processes differs. Inputs vary, because with one
 * constant input the optimizer removes part of what is measured, and every reply is checked.
 */
import assert from "node:assert/strict";

export interface HelloInput {
  readonly name: string;
  readonly n: number;
}

export interface HelloOutput {
  readonly msg: string;
}

export interface Item {
  readonly id: number;
  readonly title: string;
  readonly price: number;
  readonly tags: string[];
}

export interface Order {
  readonly name: string;
  readonly items: Item[];
}

export interface Tick {
  readonly n: number;
  readonly text: string;
}

/** `hello` is the small unary call, `order` sends some bytes there and back, `count` is a stream of ticks. */
export interface Work {
  readonly hello: { readonly input: HelloInput; readonly output: HelloOutput };
  readonly order: { readonly input: Order; readonly output: Order };
}

/** What a client is opened for. */
export interface Job {
  readonly method: keyof Work | "count" | "put" | "get" | "list" | "resolve";
  /** Of one message, as JSON; of a store, of one value. */
  readonly bytes: number;
  readonly variant: string | null;
  /**
   * Entries of a store, or nodes of a registry, that are there before. @default `keysDefault` of store-work.ts, none
   */
  readonly keys?: number;
}

/** One side of a peer in its own process, where it lives as long as the process. */
export interface PeerClient {
  /** The `i`th call; rejects when it fails or when the reply is not the right one. */
  call(i: number): Promise<void>;
}

/** The other side. One that leaves something behind is disposable. */
export interface PeerServer extends Partial<AsyncDisposable> {
  readonly address: string;
}

/** What the file of a peer exports. Without `serve` the work is done in the process of the client. */
export interface PeerModule {
  serve?(job: Job): Promise<PeerServer>;
  open(address: string, job: Job): Promise<PeerClient>;
}

/** Messages in one call of `count`: enough that starting and ending a stream does not count. */
export const ticksPerCall = 1_000;

/** Mean sizes as JSON. */
export const helloBytes = 27;
export const tickBytes = 66;

/** What the bare wire sends beside every message, and reef in its variant `metadata`. */
export const headers: { readonly [name: string]: string } = {
  tenant: "acme",
  locale: "en-GB",
  "client-version": "1.4.2",
};

/** Powers of two, so that the next input is a mask away. Orders are few, because they are big. */
const hellosCount = 1_024;
const ordersCount = 16;

/** Calls `send` with the next input of a job and checks what comes back. */
export function unaryClient(
  job: Job,
  send: {
    readonly [method in keyof Work]: (
      input: Work[method]["input"],
    ) => Promise<Work[method]["output"]>;
  },
): PeerClient {
  if (job.method === "hello") {
    const inputs = Array.from({ length: hellosCount }, (_, i) => helloAt(i));
    return {
      async call(i) {
        const input = inputs[i & (hellosCount - 1)]!;
        const { msg } = await send.hello(input);
        if (msg !== `Hello ${input.name}`) assert.fail(`Wrong reply to ${input.name}: ${msg}`);
      },
    };
  }
  const inputs = Array.from({ length: ordersCount }, (_, i) => orderAt(i, job.bytes));
  return {
    async call(i) {
      const input = inputs[i & (ordersCount - 1)]!;
      const output = await send.order(input);
      checkOrder(input, output);
    },
  };
}

/** Reads one stream of `ticksPerCall` ticks and checks that each is there once, in order. */
export async function readTicks(ticks: AsyncIterable<Tick>): Promise<void> {
  let expected = 1;
  for await (const { n } of ticks) {
    if (n !== expected) assert.fail(`Wrong tick: ${n} instead of ${expected}`);
    expected++;
  }
  assert.equal(expected - 1, ticksPerCall);
}

/** The handler of `hello`: three async functions deep, as the layers of a service are. */
export async function hello(input: HelloInput): Promise<HelloOutput> {
  return await helloSecond(input);
}

async function helloSecond(input: HelloInput): Promise<HelloOutput> {
  return await helloThird(input);
}

async function helloThird({ name }: HelloInput): Promise<HelloOutput> {
  return { msg: `Hello ${name}` };
}

/** The handler of `order`: as deep, and the items go back. */
export async function order(input: Order): Promise<Order> {
  return await orderSecond(input);
}

async function orderSecond(input: Order): Promise<Order> {
  return await orderThird(input);
}

async function orderThird({ name, items }: Order): Promise<Order> {
  return { name: `Hello ${name}`, items };
}

/** The `n`th message of `count`, about 65 bytes as JSON. */
export function tickAt(n: number): Tick {
  return { n, text: `tick ${n} of a stream that says where things are` };
}

function helloAt(i: number): HelloInput {
  const names = ["Ann", "Bob", "Chiara", "Dmitri"];
  return { name: `${names[i % names.length]}${i}`, n: i * 7 };
}

/** A list of small records, because a single long string would flatter every codec. */
function orderAt(i: number, bytes: number): Order {
  const items: Item[] = [];
  for (let size = 20; size < bytes; size += JSON.stringify(items.at(-1)).length + 1) {
    const id = i * 10_000 + items.length;
    items.push({
      id,
      title: `Item number ${id}`,
      price: id + 0.25,
      tags: ["small", `shelf-${id % 97}`],
    });
  }
  return { name: `Bob${i}`, items };
}

function checkOrder(input: Order, output: Order): void {
  assert.equal(output.name, `Hello ${input.name}`);
  assert.equal(output.items.length, input.items.length);
  const sent = input.items.at(-1);
  const seen = output.items.at(-1);
  assert.equal(seen?.title, sent?.title);
  assert.equal(seen?.tags[1], sent?.tags[1]);
}
