/** For tests: a log file that is written to, and read line by line. */
import { appendFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, systemClock } from "../../../../core/clock.ts";
import { createLogger } from "../../../../core/log.ts";
import { LogFile } from "./log-file.ts";
import { LineReader } from "./log-lines.ts";

/** A log in a temporary folder, at a time that the test moves. */
export async function openLog({ bytesMax = 1_000_000 } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "reef-"));
  let now = 1_000;
  const clock: Clock = { ...systemClock, wallMs: () => now };
  const warnings: string[] = [];
  const log = createLogger({ write: (line) => warnings.push(line), level: "warn" });
  const path = join(folder, "default", "a.log");
  let file = new LogFile(path, { clock, log, bytesMax });
  return {
    path,
    warnings,
    get file() {
      return file;
    },
    write(text: string | Buffer, at = now) {
      now = at;
      appendFileSync(path, text);
      file.look();
    },
    open() {
      file = new LogFile(path, { clock, log, bytesMax });
    },
    reopen() {
      file[Symbol.dispose]();
      this.open();
    },
    async [Symbol.asyncDispose]() {
      file[Symbol.dispose]();
      await rm(folder, { recursive: true });
    },
  };
}

export function linesFrom(file: LogFile, position: number): string[] {
  const reader = new LineReader(file, position);
  const lines: string[] = [];
  for (let line = reader.next(); line; line = reader.next()) lines.push(line.text);
  const rest = reader.rest();
  return rest ? [...lines, rest.text] : lines;
}
