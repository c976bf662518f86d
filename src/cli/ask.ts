/** Asks a person for a line, or for a secret that no screen shows. */
import type { CommandContext } from "./command.ts";
import { failure, interruption, usageError } from "./failure.ts";
import { readBytes, readLines } from "./read-lines.ts";

/** What was typed; `preset` for an empty line. */
export async function askLine(
  { stdin, stderr }: CommandContext,
  question: string,
  preset = "",
): Promise<string> {
  await stderr.write(preset === "" ? `${question}: ` : `${question} [${preset}]: `);
  for await (const line of readLines(stdin)) return line.trim() || preset;
  throw failure("cancelled", "Nothing was typed");
}

const controlC = 0x03;
const controlD = 0x04;
const controlU = 0x15;
const backspaces: readonly number[] = [0x08, 0x7f];
const lineEnds: readonly number[] = [0x0a, 0x0d];
/** Whoever pastes more has pasted something else. */
const secretBytesMax = 4_096;

/**
 * @throws {ReefError} usage where nobody can be asked without that the screen shows it; an interruption for Ctrl-C
 */
export async function askSecret(
  { stdin, stderr }: CommandContext,
  question: string,
): Promise<string> {
  if (!stdin.isTty || !stdin.showKeys) {
    throw usageError(
      "Cannot ask for the secret: stdin is no terminal; pipe it in with --secret-stdin",
    );
  }
  // Before it is asked: who answers at once must not be seen either.
  stdin.showKeys(false);
  try {
    await stderr.write(`${question}: `);
    return await readSecret(stdin);
  } finally {
    stdin.showKeys(true);
    await stderr.write("\n");
  }
}

/** Keys as they come: the terminal edits no line while it shows none. */
async function readSecret(stdin: AsyncIterable<Uint8Array>): Promise<string> {
  const typed: number[] = [];
  for await (const chunk of stdin) {
    for (const byte of chunk) {
      if (byte === controlC) throw interruption("Interrupted", 130);
      if (lineEnds.includes(byte) || byte === controlD) return Buffer.from(typed).toString();
      if (byte === controlU) typed.length = 0;
      else if (backspaces.includes(byte)) dropLetter(typed);
      else if (typed.push(byte) > secretBytesMax)
        throw usageError("Cannot take the secret: it is too long");
    }
  }
  return Buffer.from(typed).toString();
}

/** Of more than one byte, as an umlaut is. */
function dropLetter(typed: number[]): void {
  let last = typed.pop();
  while (last !== undefined && (last & 0xc0) === 0x80) last = typed.pop();
}

/** A secret that a program pipes in. */
export async function pipedSecret(stdin: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.from(await readBytes(stdin))
    .toString()
    .replace(/\r?\n$/, "");
}
