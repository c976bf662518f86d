/** Where a command writes. A command sees only this, so that a test can be the terminal. */
import { styleText } from "node:util";

export interface Terminal {
  /** Resolves when the reader can take more; throws what ended the reader, once it is gone. */
  write(data: string | Uint8Array): Promise<void>;
  readonly isTty: boolean;
  /** Width to fit things into; meaningful only when `isTty`. */
  readonly columns: number;
  readonly hasColor: boolean;
}

export type Paint = (text: string) => string;

/** The few ways in which we mark a word; what they look like is decided here and nowhere else. */
const styles = {
  heading: ["bold"],
  good: ["green"],
  bad: ["red"],
  busy: ["yellow"],
  quiet: ["dim"],
  name: ["cyan"],
} as const;

/** Puts a word into a style, or leaves it as it is where colours are not wanted. */
export function painter(terminal: Terminal, style: keyof typeof styles): Paint {
  if (!terminal.hasColor) return (text) => text;
  return (text) => styleText(styles[style], text, { validateStream: false });
}

/** For telling interlaced logs apart: as different as sixteen colours allow, without red, which means trouble. */
const nameColors = [
  "cyan",
  "green",
  "yellow",
  "magenta",
  "blue",
  "cyanBright",
  "greenBright",
] as const;

/** The same name has the same colour in every run. */
export function namePainter(terminal: Terminal, name: string): Paint {
  if (!terminal.hasColor) return (text) => text;
  let hash = 0;
  for (const letter of name) hash = (hash * 31 + letter.charCodeAt(0)) >>> 0;
  const color = nameColors[hash % nameColors.length] ?? "cyan";
  return (text) => styleText(color, text, { validateStream: false });
}

/**
 * `FORCE_COLOR` beats `NO_COLOR` beats "is it a terminal", as in Node itself.
 * Source: https://no-color.org (any value that is not empty), https://force-color.org
 */
export function wantsColor(
  env: { readonly [name: string]: string | undefined },
  options: { isTty: boolean },
): boolean {
  const { FORCE_COLOR: force, NO_COLOR: no, TERM: term } = env;
  if (force !== undefined) return force !== "0" && force !== "false";
  if (no !== undefined && no !== "") return false;
  return options.isTty && term !== "dumb";
}
