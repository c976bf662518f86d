/** Log lines: one JSON object a line with the field names of pino, because every log tool knows them. */

export type LogLevel = "debug" | "info" | "warn" | "error";

export type LogFields = { readonly [key: string]: unknown };

/** Writes lines for people and machines; fields are data, not parts of the text. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds these fields to each of its lines. */
  with(fields: LogFields): Logger;
}

export interface LoggerOptions {
  /** Takes one line without its newline. @default writes to standard output */
  readonly write?: (line: string) => void;
  /** Lines below it are dropped. @default "info" */
  readonly level?: LogLevel;
  readonly fields?: LogFields;
  /** Text for people instead of JSON. @default false */
  readonly plain?: boolean;
}

/** pino's numbers, so that its tools can sort ours. */
const numbers: { readonly [level in LogLevel]: number } = {
  debug: 20,
  info: 30,
  warn: 40,
  error: 50,
};

export function createLogger(options: LoggerOptions = {}): Logger {
  const { write = writeOut, level = "info", fields = {}, plain = false } = options;

  function log(of: LogLevel, message: string, more: LogFields | undefined): void {
    if (numbers[of] < numbers[level]) return;
    const all = { ...fields, ...more };
    write(plain ? plainLine(of, message, all) : jsonLine(of, message, all));
  }

  return {
    debug: (message, more) => log("debug", message, more),
    info: (message, more) => log("info", message, more),
    warn: (message, more) => log("warn", message, more),
    error: (message, more) => log("error", message, more),
    with: (more) => createLogger({ ...options, fields: { ...fields, ...more } }),
  };
}

/** What `LOG_LEVEL` says; an unknown level is as good as none. */
export function logLevelOf(env: { readonly [name: string]: string | undefined }): LogLevel {
  const level = env["LOG_LEVEL"] ?? "info";
  // It was looked up among them.
  return Object.hasOwn(numbers, level) ? (level as LogLevel) : "info";
}

function writeOut(line: string): void {
  process.stdout.write(`${line}\n`);
}

function jsonLine(level: LogLevel, message: string, fields: LogFields): string {
  return JSON.stringify(
    { level: numbers[level], time: Date.now(), msg: message, ...fields },
    readable,
  );
}

function plainLine(level: LogLevel, message: string, fields: LogFields): string {
  const prefix = level === "info" ? "" : `${level}: `;
  const entries = Object.entries(fields).map(([key, value]) => {
    return `${key}=${typeof value === "string" ? value : JSON.stringify(value, readable)}`;
  });
  return [prefix + message, ...entries].join(" ");
}

/** JSON has no bigint, and an Error without this would be `{}`. */
function readable(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Error && !("toJSON" in value)) {
    return { name: value.name, message: value.message, stack: value.stack };
  }
  return value;
}
