/** What a person types to start something of a platform, for texts that say what to do next. */
import { type StateFolder, stateFolder } from "../framework/state-folder.ts";
import type { PartName } from "./profile.ts";

/** `reef service store` */
export function serviceCommand(name: PartName, state: StateFolder): string {
  return `reef service ${name}${stateFlag(state)}`;
}

/** `reef server --exclude runtime` */
export function serverCommand(exclude: readonly PartName[], state: StateFolder): string {
  const flags = exclude.map((name) => ` --exclude ${name}`).join("");
  return `reef server${flags}${stateFlag(state)}`;
}

/** Nothing for the folder that is taken without a flag. */
function stateFlag({ path }: StateFolder): string {
  return path === stateFolder().path ? "" : ` --state ${path}`;
}
