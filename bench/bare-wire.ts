/**
 * The upper bound that reef is held against: the wire of reef with nothing around it. Framed TCP, one slab per
 * connection that is written once per tick, slots with generations, JSON, a coarse deadline, an async context per call,
 * metadata that is decoded when somebody reads it, binary trace ids.
 *
 * Reef may spend two fifths of its throughput on what this lacks: validation, limits, cancellation, streams, retries.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { randomFillSync } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import {
  headers,
  hello,
  type Job,
  order,
  type PeerClient,
  unaryClient,
  type Work,
} from "./work.ts";

/** u32 length | u8 type | u8 flags | u16 method | u32 call. A CALL goes on with u32 timeout, trace, metadata, body. */
const headerBytes = 12;
const traceAt = headerBytes + 4;
const traceBytes = 24;
const metadataAt = traceAt + traceBytes;

const frame = { call: 1, reply: 2, error: 3 } as const;
const methods = ["hello", "order"] as const satisfies readonly (keyof Work)[];
const handlers = { hello, order };

/** Larger frames get a slab of their own size. */
const slabBytes = 65_536;

/** UTF-8 never needs more than three bytes for a unit of a JavaScript string. */
const bytesPerUnit = 3;

/** Room for the headers of a call, which need 60. */
const metadataBytesMax = 512;

/** Random bytes are cheap by the pool and dear by the call. */
const randomPoolBytes = 65_536;

const metadata = Object.entries(headers);
const timeoutMs = 5_000;
const sweepMs = 20;

/** The low half of a call id is the slot, the high half its generation: a late reply cannot hit a reused slot. */
const slotBits = 16;
const slotMask = 0xffff;

interface Frame {
  readonly type: number;
  readonly method: number;
  readonly call: number;
  readonly bytes: Buffer;
  /** Of the header, in `bytes`. */
  readonly start: number;
  readonly end: number;
  /** When its chunk came, so that frames of one chunk share one look at the clock. */
  readonly receivedMs: number;
}

export async function serve(): Promise<{ readonly address: string }> {
  const context = new AsyncLocalStorage<ServerCall>();
  const server = createServer((socket) => {
    const connection = new Connection(socket, (received) => answer(context, connection, received));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { address: String(port) };
}

export async function open(address: string, job: Job): Promise<PeerClient> {
  const socket = connect(Number(address), "127.0.0.1");
  await once(socket, "connect");
  const client = new Client(socket);
  return unaryClient(job, {
    // The server answers each method with its own output.
    hello: (input) => client.call(0, input) as Promise<Work["hello"]["output"]>,
    order: (input) => client.call(1, input) as Promise<Work["order"]["output"]>,
  });
}

function answer(context: AsyncLocalStorage<ServerCall>, connection: Connection, received: Frame) {
  const { method, call: id, bytes, end } = received;
  const call = new ServerCall(received);
  const input: unknown = JSON.parse(bytes.toString("utf8", call.bodyAt, end));
  // The number of a method was given out by the same list.
  const handler = handlers[methods[method]!] as (input: unknown) => Promise<unknown>;
  context.run(call, handler, input).then(
    (output) => connection.send(frame.reply, method, id, JSON.stringify(output)),
    (error: unknown) => {
      const text = `${error} (trace ${call.trace}, tenant ${call.metadata.get("tenant")})`;
      connection.send(frame.error, method, id, JSON.stringify(text));
    },
  );
}

/** What a handler finds in its context. */
class ServerCall {
  readonly bodyAt: number;
  readonly deadlineAt: number;
  readonly #bytes: Buffer;
  readonly #start: number;

  constructor({ bytes, start, receivedMs }: Frame) {
    this.#bytes = bytes;
    this.#start = start;
    this.deadlineAt = receivedMs + bytes.readUInt32LE(start + headerBytes);
    this.bodyAt = start + metadataAt + 2 + bytes.readUInt16LE(start + metadataAt);
  }

  get trace(): string {
    return this.#bytes.toString("hex", this.#start + traceAt, this.#start + metadataAt);
  }

  get metadata(): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    for (let at = this.#start + metadataAt + 2; at < this.bodyAt;) {
      const keyEnd = at + 2 + this.#bytes[at]!;
      const valueEnd = keyEnd + this.#bytes[at + 1]!;
      const key = this.#bytes.toString("latin1", at + 2, keyEnd);
      found.set(key, this.#bytes.toString("latin1", keyEnd, valueEnd));
      at = valueEnd;
    }
    return found;
  }
}

class Slot {
  generation = 0;
  deadlineAt = Infinity;
  resolve: ((output: unknown) => void) | undefined;
  reject: ((error: Error) => void) | undefined;
}

class Client {
  readonly #connection: Connection;
  readonly #slots: Slot[] = [];
  readonly #free: number[] = [];
  /** Read once per sweep: a deadline that is 20 ms late is no worse, and the clock costs more than the comparison. */
  #nowMs = performance.now();

  constructor(socket: Socket) {
    this.#connection = new Connection(socket, (received) => this.#settle(received));
    setInterval(() => this.#sweep(), sweepMs).unref();
    socket.once("close", () => this.#expire(Infinity, "The connection has closed"));
  }

  call(method: number, input: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const index = this.#free.pop() ?? this.#slots.push(new Slot()) - 1;
      const slot = this.#slots[index]!;
      slot.resolve = resolve;
      slot.reject = reject;
      slot.deadlineAt = this.#nowMs + timeoutMs;
      const id = ((slot.generation << slotBits) | index) >>> 0;
      this.#connection.sendCall(method, id, JSON.stringify(input));
    });
  }

  #settle({ type, call, bytes, start, end }: Frame): void {
    const slot = this.#slots[call & slotMask];
    if (!slot?.resolve || slot.generation !== call >>> slotBits) return;
    const output: unknown = JSON.parse(bytes.toString("utf8", start + headerBytes, end));
    const { resolve, reject } = slot;
    this.#release(slot, call & slotMask);
    if (type === frame.reply) resolve(output);
    else reject!(new Error(String(output)));
  }

  #sweep(): void {
    this.#nowMs = performance.now();
    this.#expire(this.#nowMs, "The time limit has passed");
  }

  #expire(nowMs: number, reason: string): void {
    for (const [index, slot] of this.#slots.entries()) {
      if (!slot.reject || slot.deadlineAt > nowMs) continue;
      const { reject } = slot;
      this.#release(slot, index);
      reject(new Error(reason));
    }
  }

  #release(slot: Slot, index: number): void {
    slot.resolve = undefined;
    slot.reject = undefined;
    slot.generation = (slot.generation + 1) & slotMask;
    this.#free.push(index);
  }
}

/** Frames over one socket, in both directions. */
class Connection {
  readonly #socket: Socket;
  readonly #receive: (received: Frame) => void;
  readonly #flush = () => this.#write();
  readonly #random = Buffer.allocUnsafe(randomPoolBytes);
  #randomAt = randomPoolBytes;
  #slab = Buffer.allocUnsafe(slabBytes);
  /** Bytes below `#writtenTo` are the socket's; a slab is never written twice. */
  #writtenTo = 0;
  #end = 0;
  #flushing = false;
  #rest: Buffer | undefined;

  constructor(socket: Socket, receive: (received: Frame) => void) {
    this.#socket = socket;
    this.#receive = receive;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    // A socket that failed closes, and "close" is where its calls end.
    socket.on("error", () => {});
  }

  send(type: number, method: number, call: number, body: string): void {
    const start = this.#reserve(headerBytes + body.length * bytesPerUnit);
    this.#finish(type, method, call, start, start + headerBytes, body);
  }

  sendCall(method: number, call: number, body: string): void {
    const bytesMax = metadataAt + metadataBytesMax + body.length * bytesPerUnit;
    const start = this.#reserve(bytesMax);
    const slab = this.#slab;
    slab.writeUInt32LE(timeoutMs, start + headerBytes);
    const randomAt = this.#takeRandom();
    this.#random.copy(slab, start + traceAt, randomAt, randomAt + traceBytes);
    let at = start + metadataAt + 2;
    for (const [key, value] of metadata) {
      slab[at] = key.length;
      slab[at + 1] = value.length;
      at += 2 + slab.write(key, at + 2, "latin1");
      at += slab.write(value, at, "latin1");
    }
    slab.writeUInt16LE(at - start - metadataAt - 2, start + metadataAt);
    this.#finish(frame.call, method, call, start, at, body);
  }

  #finish(type: number, method: number, call: number, start: number, bodyAt: number, body: string) {
    const slab = this.#slab;
    const end = bodyAt + slab.write(body, bodyAt);
    slab.writeUInt32LE(end - start - headerBytes, start);
    slab[start + 4] = type;
    slab[start + 5] = 0;
    slab.writeUInt16LE(method, start + 6);
    slab.writeUInt32LE(call, start + 8);
    this.#end = end;
    if (this.#flushing) return;
    this.#flushing = true;
    // After the promise queue: whatever this tick still answers goes out with the same write.
    process.nextTick(this.#flush);
  }

  #reserve(bytes: number): number {
    if (this.#end + bytes <= this.#slab.length) return this.#end;
    this.#write();
    this.#slab = Buffer.allocUnsafe(Math.max(slabBytes, bytes));
    this.#writtenTo = 0;
    this.#end = 0;
    return 0;
  }

  #write(): void {
    this.#flushing = false;
    if (this.#writtenTo === this.#end) return;
    this.#socket.write(this.#slab.subarray(this.#writtenTo, this.#end));
    this.#writtenTo = this.#end;
  }

  /** Where fresh random bytes for one trace stand in the pool. */
  #takeRandom(): number {
    if (this.#randomAt + traceBytes > randomPoolBytes) {
      randomFillSync(this.#random);
      this.#randomAt = 0;
    }
    const start = this.#randomAt;
    this.#randomAt += traceBytes;
    return start;
  }

  #read(chunk: Buffer): void {
    const bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    const receivedMs = performance.now();
    let start = 0;
    while (bytes.length - start >= headerBytes) {
      const end = start + headerBytes + bytes.readUInt32LE(start);
      if (end > bytes.length) break;
      const type = bytes[start + 4]!;
      const method = bytes.readUInt16LE(start + 6);
      const call = bytes.readUInt32LE(start + 8);
      this.#receive({ type, method, call, bytes, start, end, receivedMs });
      start = end;
    }
    this.#rest = start < bytes.length ? bytes.subarray(start) : undefined;
  }
}
