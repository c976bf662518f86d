/** The platform and the namespace that a line names, for what has to be told before the line is understood. */
import type { GlobalValues } from "./command.ts";
import { shellWord } from "./shell-word.ts";

export type Place = Partial<Pick<GlobalValues, (typeof names)[number]>>;

const names = ["env", "state", "namespace"] as const;

/** The options that say where to look, wherever they stand before `--`. */
export function placeIn(args: readonly string[]): Place {
  const end = args.indexOf("--");
  const place: { -readonly [name in keyof Place]: string } = {};
  for (const [index, arg] of args.slice(0, end < 0 ? args.length : end).entries()) {
    const match = /^--(env|state|namespace)(?:=(.*))?$/s.exec(arg);
    const value = match?.[2] ?? args[index + 1];
    const name = names.find((each) => each === match?.[1]);
    if (name && value !== undefined && !isVariable(name, args.slice(0, index))) place[name] = value;
  }
  return place;
}

/** `--env` behind these words is a variable of the program. */
function isVariable(name: string, before: readonly string[]): boolean {
  return name === "env" && before.some((word) => word === "run" || word === "update");
}

/** A command to type next, at the same place: without it, it would ask another platform. */
export function atPlace(command: string, place: Place): string {
  if (!/^(npx )?reef /.test(command)) return command;
  const words = [command];
  for (const name of names) {
    const value = place[name];
    if (value === undefined || command.includes(`--${name}`)) continue;
    // A platform is for all of them.
    if (name === "namespace" && /^(npx )?reef (server|service)( |$)/.test(command)) continue;
    // It names the one that it is about.
    if (name === "namespace" && / namespace /.test(command)) continue;
    words.push(`--${name}`, shellWord(value));
  }
  return words.join(" ");
}
