import { readFile } from "node:fs/promises";
import { didYouMean } from "../../core/suggest.ts";
import { command } from "../command.ts";
import { usageError } from "../failure.ts";
import { printJson } from "../print.ts";

const shells = ["bash", "zsh", "fish"] as const;

export const completion = command({
  name: "completion",
  here: true,
  summary: "Complete commands, services and their fields in a shell",
  about: `Prints the script for a shell; its first lines say where to put it. It knows the commands and their flags, and
asks the platform for services, methods, fields, names and tables while you type. Without a platform it is silent.`,
  examples: [
    ["source <(reef completion bash)", "for this shell; put it into ~/.bashrc"],
    ["source <(reef completion zsh)", "the same for ~/.zshrc"],
    ["reef completion fish | source", "the same for ~/.config/fish/config.fish"],
  ],
  positionals: { shell: { description: "bash, zsh or fish", complete: shells } },
  options: {},
  async run(context, { shell }) {
    if (!shells.some((each) => each === shell)) {
      const rule = `it must be bash, zsh or fish${didYouMean(shell, shells)}`;
      throw usageError(`Cannot complete for ${JSON.stringify(shell)}: ${rule}`, {
        tryNext: "reef completion --help",
      });
    }
    const path = new URL(`../../../templates/completion/reef.${shell}`, import.meta.url);
    const script = await readFile(path, "utf8");
    if (context.globals.json) await printJson(context, { shell, script });
    else await context.stdout.write(script);
    return 0;
  },
});
