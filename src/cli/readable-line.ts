/** A line of a JSON log as a person reads it; any other line as it is. */
import { painter, type Terminal } from "./terminal.ts";

/** What the line says by its place: the level as a word, the service before the bar. */
const saidElsewhere = new Set(["level", "time", "msg", "service", "hostname", "pid"]);

/** pino's numbers. */
const levels: { readonly [number: number]: "warn" | "error" | "fatal" } = {
  40: "warn",
  50: "error",
  60: "fatal",
};

/** Takes what pino and reef's own logger write: an object with `level` and `msg`. */
export function readableLine(terminal: Terminal, line: string): string {
  const entry = parseEntry(line);
  if (!entry) return line;
  const level = levels[entry.level];
  const prefix = level ? `${painter(terminal, level === "warn" ? "busy" : "bad")(level)} ` : "";
  const quiet = painter(terminal, "quiet");
  const fields = Object.entries(entry)
    .filter(([key]) => !saidElsewhere.has(key))
    .map(([key, value]) => ` ${quiet(`${key}=${textOf(value)}`)}`);
  return `${prefix}${entry.msg}${fields.join("")}`;
}

function parseEntry(line: string): ({ level: number; msg: string } & object) | undefined {
  if (!line.startsWith("{") || !line.endsWith("}")) return undefined;
  try {
    const entry = JSON.parse(line) as { level?: unknown; msg?: unknown };
    const { level, msg } = entry;
    return typeof level === "number" && typeof msg === "string"
      ? { ...entry, level, msg }
      : undefined;
  } catch {
    // It only looked like JSON.
    return undefined;
  }
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  const stack = (value as { stack?: unknown } | null)?.stack;
  return typeof stack === "string" ? stack : JSON.stringify(value);
}
