/** What to type where nothing runs yet. */
import type { CommandContext } from "./command.ts";
import { atPlace } from "./place.ts";
import { shellWord } from "./shell-word.ts";

export function runNext({ environment, globals }: CommandContext): string {
  const named = environment();
  if (!named) return atPlace("reef run ./your-service.ts", globals);
  // Files of this machine are not there, and behind `run` the flag `--env` is a variable of the program.
  const { namespace } = globals;
  const reef = `reef --env ${shellWord(named.name)} run --command "node /path/there.ts"`;
  return atPlace(reef, { namespace });
}
