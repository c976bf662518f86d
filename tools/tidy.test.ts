/** The rules of the house as a test; STYLE.md says them in words, a file of tools/tidy/ checks each. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { filesOf, type Manifest } from "./pack.ts";
import { banProblems } from "./tidy/bans.ts";
import { deadFileProblems } from "./tidy/dead-files.ts";
import { lengthProblems } from "./tidy/lengths.ts";
import { markdownProblems } from "./tidy/markdown.ts";
import { nameProblems } from "./tidy/names.ts";
import { placeProblems } from "./tidy/places.ts";
import ratchet from "./tidy/ratchet.json" with { type: "json" };
import { ringProblems } from "./tidy/rings.ts";
import { roomProblems } from "./tidy/rooms.ts";
import { webProblems } from "./tidy/web.ts";
import { readSources, type Rule } from "./tidy/source.ts";

const root = join(import.meta.dirname, "..");
const sources = readSources(root);

const rules: { readonly [claim: string]: Rule } = {
  "imports point down": ringProblems,
  "files and functions are short": (files) => lengthProblems(files, ratchet),
  "banned words are not used": banProblems,
  "files are named well": nameProblems,
  "rooms have one shape": roomProblems,
  "no file is dead": (files) => deadFileProblems(files, entries()),
  "what browsers load is of the web": webProblems,
  "texts have one title": markdownProblems,
  "no place of one machine is named": placeProblems,
};

for (const [claim, rule] of Object.entries(rules)) {
  test(claim, () => {
    const found = rule(sources).map(({ path, line, text }) => `${path}:${line} ${text}`);
    assert.ok(found.length === 0, `\n${found.join("\n")}`);
  });
}

/** The files that users reach: what package.json exports, and the command. */
function entries(): string[] {
  // A manifest of our own.
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
  return [...Object.values(exports).flatMap(filesOf), "./src/cli/main.ts"].map((target) =>
    target.slice("./".length),
  );
}
