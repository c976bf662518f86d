/** Texts that want to do harm: they end in an error that names a limit, soon, and never in a full stack or memory. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { ReefError } from "../../core/errors.ts";
import { compileProtos } from "./compile-protos.ts";
import { wrongFiles } from "./fixtures/wrong-files.ts";
import { fileLengthMax, tokensMax } from "./tokenizer.ts";

const head = 'syntax = "proto3";\n';

const hostile: { readonly [claim: string]: [text: string, error: RegExp] } = {
  "a file that is too long": ["x".repeat(fileLengthMax + 1), /a file has at most 4194304 char/],
  "too many signs": [head + ";".repeat(tokensMax), /a file has at most 500000 words and signs/],
  "messages nested too deep": [
    `${head}${"message A {".repeat(100_000)}`,
    /expected at most 32 levels of nesting, found more/,
  ],
  "literals nested too deep": [
    `${head}option (a) = ${"{ a: ".repeat(100_000)}`,
    /expected at most 32 levels of nesting, found more/,
  ],
  "names of options with too many parts": [
    `${head}option a${".a".repeat(100_000)} = 1;`,
    /expected at most 32 parts in the name of an option/,
  ],
  "lists in lists": [`${head}option (a) = { a: ${"[".repeat(100_000)}`, /expected an item/],
  "names that are too long": [
    `${head}package ${"a.".repeat(50_000)}a;`,
    /expected full names of at most 1000 characters, found one of 100001/,
  ],
  "a comment that never ends": [`${head}/*${"*".repeat(1_000_000)}`, /expected "\*\/"/],
  "a string that never ends": [`${head}import "${"\\".repeat(1_000_001)}`, /expected "/],
  "too many imports": [
    head + Array.from({ length: 1001 }, (_, index) => `import "${index}.proto";`).join("\n"),
    /expected at most 1000 imports, found more/,
  ],
};

for (const [claim, [text, error]] of Object.entries(hostile)) {
  test(`compileProtos() refuses ${claim}`, async () => {
    const read = (path: string): string | undefined => (path === "x.proto" ? text : "");
    await assert.rejects(compileProtos("x.proto", read), (thrown) => {
      assert.ok(thrown instanceof ReefError);
      assert.match(thrown.message, error);
      return true;
    });
  });
}

test("compileProtos() refuses a chain of imports without an end", async () => {
  const read = (path: string): string => `import "${Number.parseInt(path, 10) + 1}.proto";`;
  await assert.rejects(compileProtos("0.proto", read), {
    code: "resource_exhausted",
    message: /^Cannot read 0.proto: it may need at most 2000 files/,
  });
});

/** Large and right: the time must grow with the length, not with its square, which would be minutes here. */
const large: { readonly [claim: string]: string } = {
  "comments between two words": `${head}${"/**/".repeat(200_000)}message A {}`,
  "reserved names": `${head}message A { reserved ${names(40_000, (name) => `"${name}"`, ",")}; }`,
  fields: `${head}message A { ${names(30_000, (name, at) => `int32 ${name} = ${at + 20_000};`)} }`,
  "values and ranges": `${head}enum E { Z = 0; ${names(15_000, (name, at) => `${name} = ${2 * at + 1}; reserved ${2 * at + 2};`)} }`,
};

for (const [claim, text] of Object.entries(large)) {
  test(`compileProtos() reads many ${claim} in time`, { timeout: 30_000 }, async () => {
    const [file] = await compileProtos("x.proto", (path) =>
      path === "x.proto" ? text : undefined,
    );
    assert.equal(file?.name, "x.proto");
  });
}

function names(count: number, write: (name: string, at: number) => string, between = ""): string {
  return Array.from({ length: count }, (_, at) => write(`n${at}x`, at)).join(between);
}

/** More with REEF_MUTATIONS=100000; the seed is in the name of the test that fails. */
const mutations = Number(process.env["REEF_MUTATIONS"] ?? 400);
const seed = Number(process.env["REEF_SEED"] ?? 20_250_101);

test(`compileProtos() answers ${mutations} mutations of seed ${seed} with files or errors of ours`, async () => {
  const random = seeded(seed);
  const fixtures = ["names", "literals", "editions", "groups", "comments", "scopes"];
  const texts = [
    ...fixtures.map((name) =>
      readFileSync(join(import.meta.dirname, "fixtures", `${name}.proto`), "utf8"),
    ),
    ...wrongFiles.map(({ text }) => text),
  ];
  for (let round = 0; round < mutations; round++) {
    const text = mutated(texts, random);
    try {
      await compileProtos("x.proto", (path) => (path === "x.proto" ? text : undefined));
    } catch (thrown) {
      assert.ok(thrown instanceof ReefError, `round ${round}: ${String(thrown)}\n${text}`);
      assert.match(thrown.message, /^Cannot read x\.proto(?::\d+:\d+)?: \S/);
    }
  }
});

/** One to four times: a piece goes, comes twice, moves here from another text, or a character changes. */
function mutated(texts: readonly string[], random: (below: number) => number): string {
  let text = texts[random(texts.length)] ?? "";
  for (let change = random(4); change >= 0; change--) {
    const at = random(text.length);
    const end = at + random(30);
    const other = texts[random(texts.length)] ?? "";
    const from = random(other.length);
    const pieces = [
      "",
      text.slice(at, end).repeat(2),
      other.slice(from, from + random(40)),
      "{}[]();=,.<>\"'\\/*-0\u{1f600}\n".charAt(random(22)),
    ];
    text = text.slice(0, at) + (pieces[random(pieces.length)] ?? "") + text.slice(end);
  }
  return text;
}

/** The same numbers for the same seed (mulberry32). */
function seeded(start: number): (below: number) => number {
  let state = start;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % Math.max(1, below);
  };
}
