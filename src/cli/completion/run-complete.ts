/**
 * `reef __complete SHELL ...`, what the functions of `templates/completion/` call: `bash LINE LAST TYPE COLUMNS`,
 * `zsh COLUMNS WORD... CURRENT`, `fish WORD... CURRENT`. It is no command for people, so no help tells of it.
 */
import type { CliEnvironment } from "../command.ts";
import { usageError } from "../failure.ts";
import type { ExitCode } from "../failure.ts";
import { readBashLine } from "./bash-line.ts";
import { complete } from "./complete.ts";
import { renderBash, renderFish, renderZsh } from "./render.ts";

/** @throws {ReefError} usage, for a shell that has no script */
export async function runComplete(
  [shell = "", ...args]: readonly string[],
  environment: CliEnvironment,
): Promise<ExitCode> {
  const { stdout } = environment;
  if (shell === "bash") {
    const [text = "", last = "", type, columns] = args;
    const line = readBashLine(text);
    const answer = await complete(line, environment);
    const place = { line, last, type: Number(type), columns: Number(columns) };
    await stdout.write(renderBash(answer, place));
  } else if (shell === "zsh") {
    const [columns, ...words] = args;
    const current = words.pop() ?? "";
    await stdout.write(renderZsh(await complete({ words, current }, environment), Number(columns)));
  } else if (shell === "fish") {
    const words = [...args];
    const current = words.pop() ?? "";
    await stdout.write(renderFish(await complete({ words, current }, environment)));
  } else throw usageError(`Cannot complete for "${shell}": it must be bash, zsh or fish`);
  return 0;
}
