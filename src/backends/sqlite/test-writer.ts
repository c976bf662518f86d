/**
 * A program that writes without end and prints the key of each entry that was acknowledged; tests kill it.
 * Usage: node test-writer.ts FOLDER PREFIX
 */
import { bytes, type Counter, openCounter } from "./test-file.ts";

const callers = 16;

async function writeOn(counter: Counter, prefix: string): Promise<void> {
  for (let n = 0; ; n += 1) {
    const key = `${prefix}-${n}`;
    await counter.write("put", { key, value: bytes(`value of ${key}`) });
    // Out before this caller goes on, and however slowly it is read.
    // oxlint-disable-next-line no-await-in-loop
    await new Promise((resolve) => process.stdout.write(`${key}\n`, resolve));
  }
}

if (import.meta.main) {
  const [folder = ".", prefix = "key"] = process.argv.slice(2);
  await using counter = await openCounter(folder);
  await Promise.all(Array.from({ length: callers }, (_, n) => writeOn(counter, `${prefix}-${n}`)));
}
