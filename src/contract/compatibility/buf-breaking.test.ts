/** The same changes as two `.proto` files each, judged by `buf breaking`. Where it says otherwise, the row says why. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { compareContracts } from "./compare-contracts.ts";
import type { Format } from "./change.ts";
import type { Row } from "./fixtures/row.ts";
import { rows } from "./fixtures/rows.ts";

const buf = fileURLToPath(import.meta.resolve("@bufbuild/buf/package.json")).replace(
  "package.json",
  "bin/buf",
);
const judged = rows.flatMap((row) => (row.buf ? [{ ...row, buf: row.buf }] : []));

test("verdicts for older callers are those of buf breaking, or the row says why not", async (t) => {
  await using folder = await openFiles();
  // One after the other: the category stands in a file.
  const inJson = await folder.brokenRows("WIRE_JSON");
  const onWire = await folder.brokenRows("WIRE");
  for (const [index, row] of judged.entries()) {
    await t.test(`when ${row.change}`, () => {
      const said = { json: word(inJson.has(index)), wire: word(onWire.has(index)) };
      assert.deepEqual(said, { json: row.buf.json, wire: row.buf.wire });
      const ours = { json: word(breaks(row, "json")), wire: word(breaks(row, "protobuf")) };
      if (row.buf.differs === undefined) assert.deepEqual(ours, said);
      else assert.notDeepEqual(ours, said, "the row says that the verdicts differ");
    });
  }
});

function breaks({ older, newer }: Row, format: Format): boolean {
  return compareContracts(older, newer).some((change) => {
    return change[format].olderCaller === "breaking";
  });
}

function word(isBroken: boolean): "ok" | "breaking" {
  return isBroken ? "breaking" : "ok";
}

/** Each row is a package of its own, so that one run judges them all. */
async function openFiles() {
  const path = await mkdtemp(join(tmpdir(), "reef-buf-"));
  for (const [index, row] of judged.entries()) {
    for (const age of ["older", "newer"] as const) {
      const folder = join(path, age, `r${index}`);
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, "row.proto"), fileOf(row.buf[age], index));
    }
  }
  return {
    async brokenRows(category: string): Promise<ReadonlySet<number>> {
      for (const age of ["older", "newer"]) {
        const config = { version: "v2", breaking: { use: [category] } };
        await writeFile(join(path, age, "buf.yaml"), JSON.stringify(config));
      }
      const args = ["breaking", "newer", "--against", "older", "--error-format", "json"];
      const said = await promisify(execFile)(process.execPath, [buf, ...args], {
        cwd: path,
      }).catch(
        (failed: { readonly code: number; readonly stdout: string; readonly stderr: string }) => {
          assert.equal(failed.code, breaksSomething, failed.stderr);
          return failed;
        },
      );
      const lines = said.stdout.split("\n").filter((line) => line !== "");
      const found = lines.map((line) => /r(\d+)\/row\.proto/.exec(JSON.parse(line).path)?.[1]);
      return new Set(found.map(Number));
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true }),
  };
}

/** What buf ends with when it has found something, and not when it could not look. */
const breaksSomething = 100;

function fileOf(text: string, index: number): string {
  const edition = /^edition = "\d+";/.exec(text)?.[0];
  const body = edition ? text.slice(edition.length) : text;
  return `${edition ?? 'syntax = "proto3";'}\npackage r${index};\n${body}\n`;
}
