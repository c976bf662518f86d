/** Takes answers into memory, within limits. */
import { ReefError } from "../core/errors.ts";
import { textOfUtf8 } from "../core/text-bytes.ts";

/** @throws {ReefError} `internal` beyond `bytesMax`; what `fetch` throws when the connection breaks */
export async function readWhole(response: Response, bytesMax: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunksOf(response)) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > bytesMax) throw unreadable(`the limit is ${bytesMax} bytes`);
  }
  return joined(chunks, size);
}

/**
 * The lines of an answer, without the blank ones, which keep a quiet stream alive.
 * @throws {ReefError} `internal` for a line beyond `bytesMax`
 */
export async function* readLines(
  response: Response,
  bytesMax: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let begun: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunksOf(response)) {
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(lineFeed, from);
      const piece = chunk.subarray(from, end === -1 ? chunk.length : end);
      if (piece.length > 0) begun.push(piece);
      size += piece.length;
      if (size > bytesMax) throw unreadable(`the limit of a line is ${bytesMax} bytes`);
      if (end === -1) break;
      const line = joined(begun, size);
      begun = [];
      size = 0;
      if (!isBlank(line)) yield line;
      from = end + 1;
    }
  }
  if (size > 0) yield joined(begun, size);
}

/** By hand: not every browser can iterate a body. Leaving it gives the connection back. */
async function* chunksOf({ body }: Response): AsyncGenerator<Uint8Array, void, undefined> {
  if (!body) return;
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  try {
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other is what a stream is
      const { value, done } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    // It may have failed already; whoever reads has been told.
    void reader.cancel().catch(ignoreLate);
  }
}

/** A connection that nobody reads any more may end as it likes. */
function ignoreLate(): void {}

const lineFeed = 0x0a;

function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const [first] = chunks;
  if (chunks.length === 1 && first) return first;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** @throws {ReefError} `internal` for an answer that is of another type by its own word */
export function checkType({ headers, url }: Response, expected: string): void {
  const type = headers.get("content-type");
  if (type?.split(";", 1)[0]?.trim().toLowerCase() === expected) return;
  throw unreadable(
    `its Content-Type must be ${expected}, it is ${JSON.stringify(type)}; look at what answers at ${url}`,
  );
}

/** @throws {ReefError} `internal` when it is no JSON */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(textOfUtf8(bytes, 0, bytes.length));
  } catch (cause) {
    throw unreadable("it is not JSON", cause);
  }
}

function unreadable(rule: string, cause?: unknown): ReefError {
  return new ReefError("internal", `Cannot read the answer: ${rule}`, { cause });
}
