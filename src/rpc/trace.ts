/**
 * Trace ids (W3C Trace Context) as numbers: six int32 cost nothing to make and send, the text is made when somebody
 * reads it. https://www.w3.org/TR/trace-context/
 */
/** Fresh randomness for 2,000 calls at a time: `randomBytes` per call costs more than the call. */
const poolWords = 16_384;

const pool = new Int32Array(poolWords);
let used = poolWords;

export class Trace {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  /** Span of the caller, and of this call. */
  readonly spanHigh: number;
  readonly spanLow: number;

  constructor(a: number, b: number, c: number, d: number, spanHigh: number, spanLow: number) {
    this.a = a;
    this.b = b;
    this.c = c;
    this.d = d;
    this.spanHigh = spanHigh;
    this.spanLow = spanLow;
  }

  /** 32 hexadecimal digits. */
  get traceId(): string {
    return hex(this.a) + hex(this.b) + hex(this.c) + hex(this.d);
  }

  /** 16 hexadecimal digits. */
  get spanId(): string {
    return hex(this.spanHigh) + hex(this.spanLow);
  }

  /** The header of W3C Trace Context. */
  get traceparent(): string {
    return `00-${this.traceId}-${this.spanId}-01`;
  }
}

/** The first call of a new trace. */
export function newTrace(): Trace {
  const at = draw(6);
  return new Trace(word(at), word(at + 1), word(at + 2), word(at + 3), word(at + 4), word(at + 5));
}

/** Another call in the same trace. */
export function childTrace(parent: Trace): Trace {
  const at = draw(2);
  return new Trace(parent.a, parent.b, parent.c, parent.d, word(at), word(at + 1));
}

/** Reads a `traceparent` header; undefined when it is not one, as the specification asks. */
export function parseTraceparent(header: string): Trace | undefined {
  const match = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/.exec(header);
  const id = match?.[1];
  const span = match?.[2];
  if (!id || !span || /^0+$/.test(id) || /^0+$/.test(span)) return undefined;
  const at = (text: string, word: number) =>
    Number.parseInt(text.slice(word * 8, word * 8 + 8), 16) | 0;
  return new Trace(at(id, 0), at(id, 1), at(id, 2), at(id, 3), at(span, 0), at(span, 1));
}

/** Where in the pool so many words are that nobody has had. */
function draw(words: number): number {
  if (used + words > poolWords) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  const at = used;
  used += words;
  return at;
}

function word(at: number): number {
  // Only what was drawn is read.
  return pool[at] as number;
}

/** By table: `toString(16)` of a number beyond 31 bits is a division in floating point for each digit. */
function hex(value: number): string {
  const high = byteHex(value >>> 24) + byteHex((value >>> 16) & 0xff);
  return high + byteHex((value >>> 8) & 0xff) + byteHex(value & 0xff);
}

function byteHex(byte: number): string {
  return hexOfBytes[byte] ?? "";
}

const hexOfBytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
