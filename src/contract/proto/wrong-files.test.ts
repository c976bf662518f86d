import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { compileProtos } from "./compile-protos.ts";
import { wrongFiles, type WrongFile } from "./fixtures/wrong-files.ts";
import { bufBuild } from "./test-buf.ts";

for (const { name, text, error } of wrongFiles) {
  test(`compileProtos() says what is wrong in ${name}.proto`, async () => {
    const file = `${name}.proto`;
    const read = (path: string): string | undefined => (path === file ? text : undefined);
    await assert.rejects(compileProtos(file, read), {
      code: "invalid_argument",
      message: `Cannot read ${file}:${error}`,
    });
  });
}

test("buf refuses every file that compileProtos() refuses", async () => {
  const folder = mkdtempSync(join(tmpdir(), "reef-proto-"));
  const waiting = [...wrongFiles];
  const accepted: string[] = [];
  // Each alone, or one would be refused for another; two at a time.
  const work = async (): Promise<void> => {
    for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
      if (await isAccepted(join(folder, file.name), file)) accepted.push(file.name);
    }
  };
  await Promise.all([work(), work()]);
  rmSync(folder, { recursive: true });
  assert.deepEqual(accepted, []);
});

async function isAccepted(folder: string, { name, text }: WrongFile): Promise<boolean> {
  mkdirSync(folder);
  writeFileSync(join(folder, `${name}.proto`), text);
  const api = new URL("../../../templates/proto/google/api/", import.meta.url);
  cpSync(api, join(folder, "google/api"), { recursive: true });
  try {
    await bufBuild(folder);
    return true;
  } catch {
    // That it fails is what is asked; the text of its complaint is its own.
    return false;
  }
}

test("compileProtos() names the way of a circle, and a file that is not there", async () => {
  const files = new Map([
    ["a.proto", 'import "b.proto";'],
    ["b.proto", 'import "c.proto";'],
    ["c.proto", '\n import "b.proto";'],
  ]);
  await assert.rejects(
    compileProtos("a.proto", (path) => files.get(path)),
    /c.proto:2:9: expected imports without a circle, found "b.proto" -> "c.proto" -> "b.proto"/,
  );
  await assert.rejects(
    compileProtos("d.proto", () => undefined),
    { code: "not_found", message: 'Cannot read "d.proto": there is no such file; check the path' },
  );
});

test("compileProtos() advises the import that is missing", async () => {
  const files = new Map([
    ["a.proto", 'syntax = "proto3"; package p; import "b.proto"; message A { C c = 1; }'],
    ["b.proto", 'syntax = "proto3"; package p; import "c.proto"; message B { C c = 1; }'],
    ["c.proto", 'syntax = "proto3"; package p; message C {}'],
  ]);
  await assert.rejects(
    compileProtos("a.proto", (path) => files.get(path)),
    /a.proto:1:61: expected the name of a message or an enum, found "C"; import "c.proto"/,
  );
  files.set("b.proto", (files.get("b.proto") ?? "").replace("import", "import public"));
  const linked = await compileProtos("a.proto", (path) => files.get(path));
  assert.equal(linked.at(-1)?.messageType[0]?.field[0]?.typeName, ".p.C");
});
