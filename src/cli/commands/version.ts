import { readFile } from "node:fs/promises";
import { command } from "../command.ts";
import { printJson } from "../print.ts";

export const version = command({
  name: "version",
  here: true,
  summary: "Print the versions of reef and Node",
  about: "Say these when you report a problem. `reef --version` does the same.",
  examples: [["reef version --json", '{"reef":"...","node":"..."}']],
  positionals: {},
  options: {},
  async run(context) {
    const versions = { reef: await packageVersion(), node: context.nodeVersion };
    if (context.globals.json) await printJson(context, versions);
    else await context.stdout.write(`reef ${versions.reef}\nnode ${versions.node}\n`);
    return 0;
  },
});

/** The package's own file lies three folders up, from the sources as from the built files. */
async function packageVersion(): Promise<string> {
  const text = await readFile(new URL("../../../package.json", import.meta.url), "utf8");
  // It is our own file, and npm refuses a package without a version.
  return (JSON.parse(text) as { readonly version: string }).version;
}
