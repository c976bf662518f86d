/** What a program is called that has no contract to say it. */
import { basename, extname } from "node:path";

/** The script that an interpreter is given, or the command itself: `python3 -u app.py` is `app`. */
export function commandName([command = "", ...args]: readonly string[]): string {
  const script = args.find((word) => /^[^-].*\.[a-z]+$/i.test(word)) ?? command;
  return basename(script, extname(script)).toLowerCase().replaceAll("_", "-");
}
