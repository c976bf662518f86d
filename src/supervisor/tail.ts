/** The last lines of a file that may be large and is still being written. */
import { open } from "node:fs/promises";

export interface TailOptions {
  /** Reads no more than this from the end of the file. @default 8_192 */
  readonly bytesMax?: number;
  /** @default 20 */
  readonly linesMax?: number;
}

/** The last lines, oldest first; a line whose beginning lies further back than `bytesMax` is left out unless it is alone. */
export async function readLastLines(
  path: string,
  options: TailOptions = {},
): Promise<readonly string[]> {
  const { bytesMax = 8_192, linesMax = 20 } = options;
  await using file = await open(path, "r");
  const { size } = await file.stat();
  const start = Math.max(0, size - bytesMax);
  const { buffer, bytesRead } = await file.read({
    buffer: Buffer.alloc(Math.min(size, bytesMax)),
    position: start,
  });
  const lines = buffer.toString("utf8", 0, bytesRead).split("\n");
  if (lines.at(-1) === "") lines.pop();
  if (start > 0 && lines.length > 1) lines.shift();
  return lines.slice(-linesMax);
}
