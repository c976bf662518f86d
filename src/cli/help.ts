/** Help texts, derived from the data of a command. */
import type { Command, OptionSpec, OptionSpecs, PositionalSpecs } from "./command.ts";
import { globalOptions } from "./command.ts";
import { formatDuration } from "./duration.ts";
import { painter } from "./terminal.ts";
import type { Paint, Terminal } from "./terminal.ts";
import { displayWidth } from "./table.ts";

/** A block of the overview: `Services`, with its commands. */
export interface CommandGroup {
  readonly title: string;
  readonly commands: readonly Pick<Command, "name" | "summary">[];
}

/** `reef --help`. */
export function overview(groups: readonly CommandGroup[], terminal: Terminal): string {
  const heading = painter(terminal, "heading");
  const sections = groups.map(({ title, commands }) => {
    return section(
      title,
      commands.map(({ name, summary }) => [name, summary] as const),
      heading,
    );
  });
  return join([
    "reef runs services: start the platform, give it files, call them by name.\n",
    `${heading("Usage:")} reef COMMAND [options]\n       reef SERVICE METHOD [--field=value ...]\n`,
    ...sections,
    optionSection("Options of every command", globalOptions, heading),
    section(
      "Start here",
      [
        ["reef new greeter", "writes a service in ./greeter"],
        ["reef server", "runs the platform until Ctrl-C"],
        ["reef run ./greeter", "runs a service on it"],
        ["reef greeter --help", "shows what that service can do"],
      ],
      heading,
    ),
  ]);
}

/** `reef run --help`. */
export function commandHelp(command: Command, terminal: Terminal): string {
  const heading = painter(terminal, "heading");
  const { name, summary, about, examples, positionals, options } = command;
  return join([
    `${summary}\n`,
    `${heading("Usage:")} ${usage(`reef ${name}`, positionals, options)}\n`,
    `${about}\n`,
    section("Arguments", positionalRows(positionals), heading),
    optionSection("Options", options, heading),
    optionSection("Options of every command", globalOptions, heading),
    section("Examples", examples, heading),
  ]);
}

/** Sections with an empty line between them; empty ones are left out. */
export function join(sections: readonly string[]): string {
  return sections.filter((text) => text !== "").join("\n");
}

/** A heading over rows of two columns; nothing when there are no rows. */
export function section(
  title: string,
  rows: readonly (readonly [string, string])[],
  heading: Paint,
): string {
  if (rows.length === 0) return "";
  const width = Math.max(...rows.map(([left]) => displayWidth(left)));
  const lines = rows.map(([left, right]) => {
    const blanks = " ".repeat(width - displayWidth(left));
    return `  ${left}${blanks}  ${right}`.trimEnd();
  });
  return `${heading(`${title}:`)}\n${lines.join("\n")}\n`;
}

export function optionSection(title: string, options: OptionSpecs, heading: Paint): string {
  const rows = Object.entries(options).map(([name, spec]) => {
    const short = spec.short === undefined ? "" : `-${spec.short}, `;
    const value = spec.type === "flag" ? "" : ` ${spec.placeholder}`;
    return [`${short}--${name}${value}`, `${spec.description}${optionNotes(spec)}`.trim()] as const;
  });
  return section(title, rows, heading);
}

function optionNotes(spec: OptionSpec): string {
  const notes: string[] = [];
  if (spec.type === "pairs" || (spec.type === "text" && spec.list)) notes.push("may be repeated");
  if (spec.type === "duration" && spec.default !== undefined) {
    notes.push(`default ${formatDuration(spec.default)}`);
  } else if ("default" in spec && spec.default !== undefined) notes.push(`default ${spec.default}`);
  return notes.length === 0 ? "" : ` (${notes.join(", ")})`;
}

function positionalRows(positionals: PositionalSpecs) {
  return Object.entries(positionals).map(([name, spec]) => {
    return [name.toUpperCase(), spec.description] as const;
  });
}

function usage(command: string, positionals: PositionalSpecs, options: OptionSpecs): string {
  const words = Object.entries(positionals).map(([name, spec]) => {
    const word = `${name.toUpperCase()}${spec.list || spec.afterDashes ? "..." : ""}`;
    if (spec.untouched) return { word: `[--${name.toLowerCase()}=VALUE ...]`, last: true };
    if (spec.afterDashes) return { word: `[-- ${word}]`, last: true };
    return { word: spec.optional || spec.list ? `[${word}]` : word, last: false };
  });
  const first = words.filter(({ last }) => !last).map(({ word }) => word);
  const last = words.filter((entry) => entry.last).map(({ word }) => word);
  const flags = Object.keys(options).length > 0 ? ["[options]"] : [];
  return [command, ...first, ...flags, ...last].join(" ");
}
