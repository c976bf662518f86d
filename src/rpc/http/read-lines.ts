/** Bytes as they come, as lines. */
import { ReefError } from "../../core/errors.ts";
import { GrowingBytes } from "./growing-bytes.ts";

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * Each line without its end; what follows the last end too, unless it is nothing.
 * @throws {ReefError} `resource_exhausted` for a line beyond `lineBytesMax`
 */
export async function* readLines(
  chunks: AsyncIterable<Buffer>,
  lineBytesMax: number,
): AsyncGenerator<Buffer, void, undefined> {
  const begun = new GrowingBytes();
  for await (const chunk of chunks) {
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(lineFeed, from);
      begun.add(chunk.subarray(from, end === -1 ? chunk.length : end));
      if (begun.size > lineBytesMax) throw tooLong(lineBytesMax);
      if (end === -1) break;
      const line = begun.bytes();
      begun.drop();
      yield line.at(-1) === carriageReturn ? line.subarray(0, -1) : line;
      from = end + 1;
    }
  }
  if (begun.size > 0) yield begun.bytes();
}

function tooLong(lineBytesMax: number): ReefError {
  return new ReefError(
    "resource_exhausted",
    `Cannot read a line: the limit is ${lineBytesMax} bytes`,
  );
}
