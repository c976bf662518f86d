import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { pathToFileURL } from "node:url";
import { client } from "../../framework/client.ts";
import type { Service } from "../../rpc/service.ts";
import { runLine } from "../test-platform.ts";

const root = join(import.meta.dirname, "../../..");
const openPlatform = () => assert.fail("a file needs no platform");

const shop = `syntax = "proto3";
package acme.shop.v2;
import "google/protobuf/timestamp.proto";
import "google/protobuf/empty.proto";
import "google/api/annotations.proto";
// Sells things
service ShopFront {
  // Finds one thing
  rpc Find(Thing.Key) returns (Thing) { option (google.api.http) = { get: "/things/{id}" }; }
  rpc All(google.protobuf.Empty) returns (stream Thing);
  rpc Sell(stream Thing) returns (google.protobuf.Empty);
}
// A thing
message Thing {
  message Key { string id = 1; }
  Key key = 1;
  int64 price = 2;
  optional bytes photo = 3;
  map<int32, Thing> parts = 4;
  oneof pay { string card = 5; bool cash = 6; }
  google.protobuf.Timestamp made_at = 7;
  enum Color { NONE = 0; RED = 4; }
  Color color = 8;
}
`;

const use = `import { client, service } from "reef";
import { ShopFront, type Thing } from "./shop-front.contract.ts";
export const made = service(ShopFront, {
  find: ({ id }) => ({ key: { id }, price: 5n, parts: { 1: { color: "RED" } }, cash: true }),
  async *all() { yield { color: 7 }; },
  async sell(things) { for await (const { price } of things) price satisfies bigint; },
});
const shop = client(made);
const thing: Thing = await shop.find({ id: "a" });
export const cash: boolean | undefined = thing.cash;
// @ts-expect-error one of the two
export const both: Thing = { price: 1n, parts: {}, color: "NONE", card: "1", cash: true };
`;

test("gen writes types that compile and a server that answers unimplemented", async () => {
  await using folder = await openFolder({ "shop.proto": shop });
  const { stdout, exitCode, stderr } = await folder.run("shop.proto", "--out", "out", "--server");
  assert.equal(exitCode, 0, stderr);
  assert.equal(stdout, "out/shop-front.contract.ts\nout/shop-front.ts\n");
  await folder.write("out/use.ts", use);
  folder.compile();
  const written = await import(pathToFileURL(join(folder.path, "out/shop-front.ts")).href);
  const unwritten = shopOf(written.shopFront);
  await assert.rejects(unwritten.find({}), {
    code: "unimplemented",
    message: 'Cannot call "find": it is not written yet',
  });
  const { made } = await import(pathToFileURL(join(folder.path, "out/use.ts")).href);
  const thing = await shopOf(made).find({ id: "x" });
  assert.deepEqual(thing, {
    key: { id: "x" },
    price: 5n,
    parts: { 1: { price: 0n, parts: {}, color: "RED" } },
    cash: true,
    color: "NONE",
  });
});

test("gen writes a server once, and the contract each time", async () => {
  await using folder = await openFolder({ "shop.proto": shop, "shop-front.ts": "mine" });
  const { stdout, stderr } = await folder.run("shop.proto", "--server");
  assert.equal(stdout, "shop-front.contract.ts\n");
  assert.equal(stderr, "Left as it is: shop-front.ts\n");
  assert.equal(await readFile(join(folder.path, "shop-front.ts"), "utf8"), "mine");
});

test("gen writes the contract of schemas as TypeScript, .proto and OpenAPI", async () => {
  await using folder = await openFolder({});
  const trip = `${join(root, "examples/taxi/contracts.ts")}#Trip`;
  for (const lang of ["ts", "proto", "openapi"]) {
    const { exitCode, stderr } = await folder.run(trip, "--lang", lang, "--out", "out");
    assert.equal(exitCode, 0, stderr);
  }
  const made = (await readdir(join(folder.path, "out"))).toSorted();
  assert.deepEqual(made, ["google", "trip", "trip.contract.ts", "trip.openapi.json"]);
  folder.compile();
  const { Trip } = await import(pathToFileURL(join(folder.path, "out/trip.contract.ts")).href);
  const { Trip: original } = await import("../../../examples/taxi/contracts.ts");
  assert.equal(Trip.digest, original.digest);
  const back = await folder.run("out/trip/v1/trip.proto", "--lang", "proto", "--out", "back");
  assert.equal(back.exitCode, 0, back.stderr);
});

test("gen writes all that a .proto imports, and leaves what is there", async () => {
  await using folder = await openFolder({ "shop.proto": shop });
  const words = ["shop.proto", "--lang", "proto", "--out", "out"];
  const { stdout, stderr } = await folder.run(...words);
  assert.equal(stderr, "");
  const paths = stdout
    .trim()
    .split("\n")
    .map((path) => path.replace(/^out\//u, ""));
  assert.ok(paths.includes("google/api/http.proto"), stdout);
  for (const path of paths) {
    const text = await readFile(join(folder.path, "out", path), "utf8");
    for (const [, imported = ""] of text.matchAll(/^import (?:public )?"(.+)";$/gmu)) {
      assert.ok(paths.includes(imported), `${imported}, which ${path} imports`);
    }
  }
  await folder.write("out/google/api/http.proto", "mine");
  const again = await folder.run(...words);
  assert.equal(again.stdout, "out/shop.proto\n");
  assert.equal(again.stderr, "Left as it is: out/google/api/http.proto\n");
});

test("gen says what is wrong with what it is given", async () => {
  await using folder = await openFolder({
    "none.proto": `syntax = "proto3";`,
    "two.proto": `syntax = "proto3"; package a; message M {} service A {} service B {}`,
    "bad.proto": `syntax = "proto3"; message M { int65 a = 1; }`,
  });
  for (const [words, exitCode, rule] of [
    [["none.proto"], 2, /none\.proto: it has no service/],
    [["two.proto"], 2, /it has a\.A, a\.B; pick one as two\.proto#a\.A/],
    [["two.proto#a.C"], 1, /Cannot find the service "a\.C"/],
    [["bad.proto"], 1, /bad\.proto:1:32: expected .* found "int65"/],
    [["missing.proto"], 1, /there is no such file/],
    [["two.proto", "--lang", "go"], 2, /Unknown language "go".*choose one of ts, proto, openapi/],
    [["two.proto", "--lang", "proto", "--server"], 2, /Flag --server is for --lang ts/],
  ] as const) {
    const { exitCode: found, stderr } = await folder.run(...words);
    assert.match(stderr, rule);
    assert.equal(found, exitCode, stderr);
  }
});

/** A module that was just written has no types here. */
function shopOf(made: Service): { find(input: object): Promise<unknown> } {
  return client(made) as unknown as { find(input: object): Promise<unknown> };
}

async function openFolder(files: { readonly [name: string]: string }) {
  const path = await mkdtemp(join(tmpdir(), "reef-gen-"));
  const write = (name: string, text: string) => writeFile(join(path, name), text);
  await mkdir(join(path, "node_modules"));
  await symlink(root, join(path, "node_modules/reef"));
  await write("package.json", `{"type":"module"}`);
  for (const [name, text] of Object.entries(files)) await write(name, text);
  return {
    path,
    write,
    run: (...words: string[]) => runLine(["gen", ...words], { openPlatform, folder: path }),
    compile() {
      const own = JSON.stringify({
        extends: join(root, "templates/new-service/tsconfig.json"),
        compilerOptions: { typeRoots: [join(root, "node_modules/@types")] },
        include: ["out"],
      });
      writeFileSync(join(path, "tsconfig.json"), own);
      const tsc = join(root, "node_modules/typescript/bin/tsc");
      const { stdout, status } = spawnSync(process.execPath, [tsc, "-p", path], {
        encoding: "utf8",
      });
      assert.equal(status, 0, stdout);
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true }),
  };
}
