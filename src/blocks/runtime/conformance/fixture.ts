/** What the cases run, how they read what it wrote, and how they wait for what it does. */
import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { sleep } from "../../../core/clock.ts";
import { ReefError } from "../../../core/errors.ts";
import { soon } from "../../../testing/soon.ts";
import type { Registry } from "../../registry/index.ts";
import type { RuntimeUnderTest } from "../conformance.ts";
import type { LogLine, LogScope, Services, ServiceStatus } from "../index.ts";

/** The service that most cases run. */
export const greeter = { name: "greeter" };

/** Says its pid and then nothing. */
export const hanging = `console.log("pid " + process.pid); setInterval(() => {}, 1e6);\n`;

export function talking(name: string): string {
  return `setInterval(() => console.log("tick ${name}"), 40);`;
}

export async function write(it: RuntimeUnderTest, path: string, text: string): Promise<string> {
  const file = join(it.folder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}

export async function readLines(services: Services, scope: LogScope): Promise<readonly LogLine[]> {
  const lines: LogLine[] = [];
  await collect(services.logs(scope), lines);
  return lines;
}

export async function read(services: Services, scope: LogScope): Promise<readonly string[]> {
  return (await readLines(services, scope)).map(({ text }) => text);
}

export async function collect(lines: AsyncIterable<LogLine>, into: LogLine[]): Promise<void> {
  for await (const line of lines) into.push(line);
}

/** The pid that a program has written into its log, which may not be there yet. */
export async function pidIn(it: RuntimeUnderTest, name: string): Promise<number> {
  let pid: number | undefined;
  await until(async () => {
    const texts = await read(it.services, { name }).catch(() => []);
    pid = Number(texts.find((text) => text.startsWith("pid "))?.slice("pid ".length));
    return pid > 0;
  });
  return pid ?? 0;
}

/** Whether a program that says its number has come so far before it was made to end. */
export async function saidPid(it: RuntimeUnderTest, name: string): Promise<boolean> {
  const texts = await read(it.services, { name }).catch(() => []);
  return texts.some((text) => text.startsWith("pid "));
}

export async function refused(
  work: Promise<unknown>,
  expected: Partial<Pick<ReefError, "code" | "reason">>,
): Promise<ReefError> {
  const thrown = await work.then(
    () => assert.fail(`was not refused with ${JSON.stringify(expected)}`),
    ReefError.from,
  );
  const { code, reason, message } = thrown;
  // The text, because an error would be thrown in the place of the assertion's own.
  assert.partialDeepStrictEqual({ code, reason }, expected, message);
  return thrown;
}

/** The services that are expected, and those that were not for a moment. */
export function watchExpected(registry: Registry) {
  const stop = new AbortController();
  const expected = new Set<string>();
  const lost: string[] = [];
  const watching = watch();
  async function watch() {
    for await (const event of registry.watch({ signal: stop.signal })) {
      if (event.kind !== "expected") continue;
      if (event.expected) expected.add(event.service);
      else lost.push(event.service);
    }
  }
  return {
    lost,
    now: () => [...expected].toSorted(),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await watching;
    },
  };
}

export function kill({ pid }: ServiceStatus): void {
  assert.ok(pid !== undefined);
  process.kill(pid, "SIGKILL");
}

export function isAlive({ pid }: ServiceStatus): boolean {
  assert.ok(pid !== undefined);
  return lives(pid);
}

/** Of this machine. One that has ended and was not reaped yet does not live. */
function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

export async function endOf(pid: number): Promise<void> {
  assert.ok(pid > 0);
  await until(async () => !lives(pid) || (await isZombie(pid)));
}

/** A process whose parent died first is reaped by whoever inherits it, and that may take its time. */
async function isZombie(pid: number): Promise<boolean> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return text.slice(text.lastIndexOf(")") + 2).startsWith("Z");
}

/** Looks again until it is so. */
export async function until(is: () => Promise<boolean>): Promise<void> {
  const over = new AbortController();
  const look = async () => {
    while (!over.signal.aborted && !(await is())) await sleep(10);
  };
  try {
    await soon("what the case waits for", look());
  } finally {
    over.abort();
  }
}
