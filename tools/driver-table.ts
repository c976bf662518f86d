/**
 * The drivers of all blocks, as their own tests state them: what each survives, and which promises it does not keep.
 * `node tools/driver-table.ts --update` writes docs/drivers.md, and in README.md what lies between its two marks.
 */
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DriverStatement } from "../src/testing/suite.ts";

const root = join(import.meta.dirname, "..");

/** A file that is made, whole or in part, of the statements. */
export interface Made {
  readonly path: string;
  readonly text: string;
}

/** The lines of README.md between which the short table stands. */
const marks = {
  begin: "<!-- drivers: node tools/driver-table.ts --update -->",
  end: "<!-- /drivers -->",
};

/** What the files have to say now. */
export async function madeFiles(): Promise<readonly Made[]> {
  const statements = await readStatements();
  const readme = readFileSync(join(root, "README.md"), "utf8");
  return [
    { path: "docs/drivers.md", text: pageOf(statements) },
    { path: "README.md", text: between(readme, shortTable(statements)) },
  ];
}

/** Of every driver whose test runs a suite, by block; a remote comes behind what it is a way to. */
export async function readStatements(): Promise<readonly DriverStatement[]> {
  const statements: DriverStatement[] = [];
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = fork(join(import.meta.dirname, "driver-table/state.ts"), {
    // No test has this name.
    execArgv: ["--test-name-pattern=^nothing$"],
    env,
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  // The child sends nothing else.
  child.on("message", (message) => statements.push(message as DriverStatement));
  const [code] = await once(child, "close");
  assert.equal(code, 0, "the tests of drivers do not load");
  const isRemote = ({ driver }: DriverStatement) => Number(driver.startsWith("remote"));
  return statements.toSorted(
    (a, b) => compare(a.room, b.room) || isRemote(a) - isRemote(b) || compare(a.driver, b.driver),
  );
}

function pageOf(statements: readonly DriverStatement[]): string {
  const rows = statements.map((statement) => {
    const { room, driver, survives = "", except } = statement;
    const count = Object.keys(except).length;
    return [room, driver, survives, count === 0 ? "every case" : `all but ${count}`];
  });
  const lines = [
    "# Drivers",
    "",
    "Made of what the tests of the drivers state, by `node tools/driver-table.ts --update`; a test compares the two.",
    "",
    "*Survives* is the end of what leaves acknowledged writes unharmed: nothing, the process, the machine, a loss of power.",
    "*Keeps* says how much of the block's suite (`reef/<block>/conformance`) the driver passes. A remote is the block on",
    "the far side of a wire: it passes the same suite.",
    "",
    ...table(["Block", "Driver", "Survives", "Keeps"], rows),
    "",
    "## Exceptions",
    "",
    "A driver is excused from a case by name, with a reason, and only while the case's own claim does fail.",
    "",
    ...exceptions(statements),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}

/** Drivers that do not keep the same cases for the same reason stand together. */
function exceptions(statements: readonly DriverStatement[]): string[] {
  const all = statements.flatMap(({ room, driver, except }) => {
    const byReason = Map.groupBy(Object.entries(except), ([, reason]) => reason);
    return [...byReason].map(([reason, cases]) => {
      const names = cases.map(([name]) => `- ${name}`);
      return { room, driver, text: [`Reason: ${reason}.`, "", ...names, ""] };
    });
  });
  const same = Map.groupBy(all, ({ room, text }) => [room, ...text].join("\n"));
  return [...same.values()].flatMap((group) => {
    const drivers = group.map(({ driver }) => driver).join("; ");
    return group.slice(0, 1).flatMap(({ room, text }) => [`### ${room}: ${drivers}`, "", ...text]);
  });
}

/** A line for each block: whoever wants to know more follows the link. */
function shortTable(statements: readonly DriverStatement[]): string[] {
  const own = statements.filter(({ driver }) => !driver.startsWith("remote"));
  const rows = [...Map.groupBy(own, ({ room }) => room)].map(([room, drivers]) => {
    const names = drivers.map(({ driver, survives, except }) => {
      const excused = Object.keys(except).length > 0 ? "*" : "";
      return survives === undefined ? `${driver}${excused}` : `${driver}${excused} (${survives})`;
    });
    return [room, names.join(", ")];
  });
  return [
    ...table(["Block", "Drivers, and what their acknowledgement survives"], rows),
    "",
    "\\* but for cases that [docs/drivers.md](docs/drivers.md) names, each with its reason.",
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`.replaceAll("|  |", "| |");
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}

/** The text with these lines between its marks; without marks, as it is. */
function between(text: string, lines: readonly string[]): string {
  const [before, rest] = text.split(`${marks.begin}\n`);
  const after = rest?.split(`\n${marks.end}`)[1];
  if (after === undefined) return text;
  return `${before}${marks.begin}\n\n${lines.join("\n")}\n\n${marks.end}${after}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

if (import.meta.main) {
  const files = await madeFiles();
  if (process.argv.includes("--update")) {
    for (const { path, text } of files) writeFileSync(join(root, path), text);
  } else process.stdout.write(files[0]?.text ?? "");
}
