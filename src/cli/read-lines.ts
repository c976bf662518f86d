/** What comes from stdin: whole, or line by line as it comes. */
import { ReefError } from "../core/errors.ts";

/** Larger input does not fit into a message either, and the limit keeps a wrong pipe from eating the memory. */
export const inputBytesMax = 16 * 1024 * 1024;

/** All of it as text. @throws {ReefError} as `readBytes` does */
export async function readAll(input: AsyncIterable<Uint8Array>): Promise<string> {
  return (await readBytes(input)).toString("utf8");
}

/** All of it. @throws {ReefError} `resource_exhausted` beyond `inputBytesMax` */
export async function readBytes(input: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    bytes += chunk.byteLength;
    if (bytes > inputBytesMax) throw tooLong("stdin");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Each line without its end, the last one also when it has none. @throws {ReefError} `resource_exhausted` for a line
 * beyond `inputBytesMax`
 */
export async function* readLines(input: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let pieces: string[] = [];
  let length = 0;
  for await (const chunk of input) {
    const [first = "", ...others] = decoder.decode(chunk, { stream: true }).split("\n");
    pieces.push(first);
    length += first.length;
    if (length > inputBytesMax) throw tooLong("a line of stdin");
    for (const next of others) {
      yield withoutReturn(pieces.join(""));
      pieces = [next];
      length = next.length;
    }
  }
  const last = pieces.join("") + decoder.decode();
  if (last !== "") yield withoutReturn(last);
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

function tooLong(what: string): ReefError {
  return new ReefError(
    "resource_exhausted",
    `Cannot read ${what}: the limit is ${inputBytesMax} bytes`,
  );
}
