/** The platform and the namespace that a line names, for what has to be told before the line is understood. */
import type { GlobalValues } from "./command.ts";
import { shellWord } from "./shell-word.ts";

export type Place = Partial<Pick<GlobalValues, "state" | "namespace">>;

/** The options that say where to look, wherever they stand before `--`. */
export function placeIn(args: readonly string[]): Place {
  const end = args.indexOf("--");
  const place: { state?: string; namespace?: string } = {};
  for (const [index, arg] of args.slice(0, end < 0 ? args.length : end).entries()) {
    const match = /^--(state|namespace)(?:=(.*))?$/s.exec(arg);
    const value = match?.[2] ?? args[index + 1];
    if (match && value !== undefined) place[match[1] === "state" ? "state" : "namespace"] = value;
  }
  return place;
}

/** A command to type next, at the same place: without it, it would ask another platform. */
export function atPlace(command: string, { state, namespace }: Place): string {
  if (!/^(npx )?reef /.test(command)) return command;
  const words = [command];
  if (state !== undefined && !command.includes("--state")) words.push("--state", shellWord(state));
  // It names the one that it is about.
  const isPlaced = command.includes("--namespace") || / namespace /.test(command);
  if (namespace !== undefined && !isPlaced) {
    words.push("--namespace", shellWord(namespace));
  }
  return words.join(" ");
}
