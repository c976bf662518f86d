/** How a failed command ends: the text a person reads, or with `--json` one object on stderr, and the exit code. */
import { ReefError } from "../core/errors.ts";
import { base64OfBytes } from "../core/text-bytes.ts";
import type { ExitCode } from "./failure.ts";
import { isUsageError, tryNextOf } from "./failure.ts";
import { atPlace } from "./place.ts";
import type { Place } from "./place.ts";
import { printable } from "./table.ts";
import { painter } from "./terminal.ts";
import type { Terminal } from "./terminal.ts";

/** Errors that these throw are explained by their text. */
const ownDomains: ReadonlySet<string> = new Set([
  "cli",
  "auth",
  "namespaces",
  "runtime",
  "registry",
  "store",
  "supervisor",
]);

/** Violations that are shown; a list of a thousand bad items has one reason. */
const violationsShownMax = 20;

export interface ReportOptions {
  readonly json: boolean;
  /** Where the command was to look, for the one that is proposed. @default {} */
  readonly place?: Place;
  /** Also shows stacks and causes. @default false */
  readonly debug?: boolean;
}

/** Prints what was thrown to `stderr`, and says with which code to exit. */
export async function reportError(
  thrown: unknown,
  stderr: Terminal,
  options: ReportOptions,
): Promise<ExitCode> {
  const { json, debug = false, place = {} } = options;
  const error = ReefError.from(thrown);
  const exitCode = isUsageError(error) ? 2 : 1;
  const proposed = tryNextOf(error);
  // What is known of environments is the same wherever one looks.
  const isPlaced = proposed !== undefined && !proposed.startsWith("reef env");
  const tryNext = isPlaced ? atPlace(proposed, place) : proposed;
  if (json) await stderr.write(`${JSON.stringify(errorObject(error, tryNext), plainJson)}\n`);
  else await stderr.write(errorText(thrown, error, { stderr, debug, tryNext }));
  return exitCode;
}

/**
 * `{"error":{"code":...,"message":...,"tryNext":...}}`; `reason`, `data` and `violations` where the service gave them.
 */
function errorObject(error: ReefError, tryNext: string | undefined): object {
  // A command that adds a hint to a service's error keeps that error as the cause.
  const inner = error.domain === "cli" && error.cause instanceof ReefError ? error.cause : error;
  const { reason, domain, data, violations } = inner.domain === "cli" ? {} : inner;
  const { code, message } = error;
  return { error: { code, message, reason, domain, data, violations, tryNext } };
}

/** A typed error may carry what JSON has no word for; it is written as in messages. */
function plainJson(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  return value instanceof Uint8Array ? base64OfBytes(value) : value;
}

function errorText(
  thrown: unknown,
  error: ReefError,
  { stderr, debug, tryNext }: { stderr: Terminal; debug: boolean; tryNext: string | undefined },
): string {
  const lines = [`${painter(stderr, "bad")("reef:")} ${printableLines(error.message)}`];
  const { violations = [] } = error;
  for (const { path, message } of violations.slice(0, violationsShownMax)) {
    lines.push(`  ${printable(path === "" ? message : `${path}: ${message}`)}`);
  }
  if (violations.length > violationsShownMax) {
    lines.push(`  and ${violations.length - violationsShownMax} more`);
  }
  lines.push(...typedLines(error));
  if (tryNext !== undefined) lines.push(`try: ${painter(stderr, "name")(tryNext)}`);
  // What is not a ReefError is a bug of ours, whose place is worth more than a tidy screen.
  const isBug = !(thrown instanceof ReefError) && thrown instanceof Error;
  if (isBug || debug) lines.push(...stacks(thrown));
  return `${lines.join("\n")}\n`;
}

/** What a service's typed error carries: its name, and its data a line for each field. */
function typedLines({ domain, reason, code, data }: ReefError): string[] {
  // Our own commands say everything in their text, the platform's blocks in the hint below it.
  if (reason === undefined || domain === undefined || ownDomains.has(domain)) return [];
  const fields = typeof data === "object" && data !== null ? Object.entries(data) : [];
  return [
    `  ${printable(`${domain}.${reason}`)} (${code})`,
    ...fields.map(([name, value]) => {
      const text = typeof value === "string" ? value : JSON.stringify(value, plainJson);
      return `  ${printable(`${name}: ${text}`)}`;
    }),
  ];
}

function stacks(thrown: unknown): string[] {
  const lines: string[] = [];
  for (let error = thrown; error instanceof Error && lines.length < 10; error = error.cause) {
    lines.push(`${lines.length > 0 ? "caused by: " : ""}${error.stack ?? error.message}`);
  }
  return lines;
}

/** Errors of a crash carry lines of output: those stay lines. */
function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}
