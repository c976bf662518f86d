import { relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { command } from "../command.ts";
import type { CommandContext } from "../command.ts";
import { parseNewName } from "../new-name.ts";
import { createProject } from "../new-project.ts";
import type { NewProject } from "../new-project.ts";
import { note, printJson } from "../print.ts";
import { reefDependency } from "../reef-dependency.ts";
import type { ReefDependency } from "../reef-dependency.ts";
import { shellWord } from "../shell-word.ts";
import { painter } from "../terminal.ts";

/** `new` is a word of the language. */
export const newService = command({
  name: "new",
  here: true,
  summary: "Write a new service: contract, code and test",
  about: `The service compiles, passes its tests and runs as it is. Without a project in the folder one is made around
it: package.json, tsconfig.json, .gitignore, README.md. Nothing is ever overwritten.`,
  examples: [
    ["reef new orders", "a project in ./orders"],
    ["reef new invoices --dir .", "another service in the project of this folder"],
  ],
  positionals: {
    name: { description: "The service, such as orders or trip-planner" },
  },
  options: {
    dir: {
      type: "text",
      placeholder: "DIR",
      description: "The folder (default NAME)",
      complete: "folders",
    },
  },
  async run(context, given) {
    const name = parseNewName(given.name);
    const folder = resolve(context.folder, given.dir ?? name.name);
    const own = fileURLToPath(new URL("../../..", import.meta.url));
    const dependency = await reefDependency(resolve(own));
    const project = await createProject({ ...name, folder, dependency: dependency.spec });
    const next = nextCommands(context, { folder, name: name.name, project, dependency });
    const { created, leftAlone } = project;
    if (context.globals.json) {
      await printJson(context, { name: name.name, folder, created, leftAlone, next });
    } else await printProject(context, { folder, project, dependency, next });
    return 0;
  },
});

interface Done {
  readonly folder: string;
  readonly project: NewProject;
  readonly dependency: ReefDependency;
}

/** What to type now, in this order, from here. */
function nextCommands(
  context: CommandContext,
  { folder, name, project, dependency }: Done & { readonly name: string },
): string[] {
  const way = relative(context.folder, folder);
  const enter = way === "" ? [] : [`cd ${shellWord(way)}`];
  const call = `npx reef ${name} hello --name=Ann`;
  if (project.manifest === undefined) {
    return [...enter, "npm install", "npm test", "npx reef run .", call];
  }
  const install = dependsOnReef(project.manifest)
    ? []
    : [
        `npm install ${shellWord(dependency.isPublished ? `reef@${dependency.spec}` : dependency.spec)}`,
      ];
  return [...enter, ...install, `node --test ${name}.test.ts`, `npx reef run ./${name}.ts`, call];
}

function dependsOnReef(manifest: string): boolean {
  // It is a person's file: it is searched, not judged.
  return /"reef"\s*:/.test(manifest);
}

async function printProject(
  context: CommandContext,
  { folder, project, dependency, next }: Done & { readonly next: readonly string[] },
): Promise<void> {
  const { stdout, stderr } = context;
  const place = relative(context.folder, folder) || ".";
  await stdout.write(project.created.map((path) => `${place}/${path}\n`).join(""));
  const { leftAlone, manifest } = project;
  if (leftAlone.length > 0) await note(context, `Left as they are: ${leftAlone.join(", ")}`);
  if (manifest !== undefined && !/"type"\s*:\s*"module"/.test(manifest)) {
    await note(context, `package.json should say "type": "module"; Node guesses and warns now`);
  }
  if (!dependency.isPublished && !(manifest !== undefined && dependsOnReef(manifest))) {
    await note(context, `It gets this reef, from ${dependency.spec.slice("file:".length)}`);
  }
  const name = painter(stderr, "name");
  await note(context, `next:\n${next.map((line) => `  ${name(line)}`).join("\n")}`);
}
