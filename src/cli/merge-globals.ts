/** Options of every command stand before the command, behind it, or some here and some there. */
import type { Values } from "./arguments.ts";
import type { GlobalValues } from "./command.ts";

/** What was given behind, else what was given before; a flag that was given anywhere is given. */
export function mergeGlobals(before: GlobalValues, behind: Values): GlobalValues {
  const given = Object.entries(behind).filter(
    ([, value]) => value !== undefined && value !== false,
  );
  // `behind` was made from a part of the same specs.
  return { ...before, ...Object.fromEntries(given) } as GlobalValues;
}
