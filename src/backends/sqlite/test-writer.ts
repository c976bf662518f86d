/**
 * A program that writes without end and prints the key of each entry that was acknowledged; tests kill it, or take its
 * disk away. With "retry" it goes on after a failure, which it prints too.
 * Usage: node test-writer.ts FOLDER PREFIX [retry]
 */
import { writeSync } from "node:fs";
import { ReefError } from "../../core/errors.ts";
import { bytes, type Counter, openCounter } from "./test-file.ts";

const callers = 16;

async function writeOn(counter: Counter, prefix: string, retry: boolean): Promise<void> {
  for (let n = 0; ; n += 1) {
    const key = `${prefix}-${n}`;
    try {
      await counter.write("put", { key, value: bytes(`value of ${key}`) });
      // Not a stream: what was acknowledged must be out before anything else happens.
      writeSync(1, `${key}\n`);
    } catch (error) {
      if (!retry) throw error;
      writeSync(1, `failed ${ReefError.from(error).code}\n`);
      // Reads go on meanwhile.
      counter.reader.all("SELECT count(*) AS n FROM entry");
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

if (import.meta.main) {
  const [folder = ".", prefix = "key", mode] = process.argv.slice(2);
  await using counter = await openCounter(folder);
  await Promise.all(
    Array.from({ length: callers }, (_, n) => writeOn(counter, `${prefix}-${n}`, mode === "retry")),
  );
}
