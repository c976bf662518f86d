/**
 * The test of truth: our descriptors are those of `buf build`, byte for byte, for files that others wrote (packages of
 * Debian) and for hard cases of our own.
 */
import assert from "node:assert/strict";
import { cpSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { compileProtos } from "./compile-protos.ts";
import { encodeFileDescriptor } from "./descriptor-bytes.ts";
import { bufBuild } from "./test-buf.ts";

const gateway = "/usr/share/gocode/src/github.com/grpc-ecosystem/grpc-gateway";

/** The folders from which the files of each package are imported, and which of the files are compared. */
const debian: readonly { aptPackage: string; root: string; files: string }[] = [
  { aptPackage: "libprotobuf-dev", root: "/usr/include", files: "google/protobuf/*.proto" },
  {
    aptPackage: "libprotoc-dev",
    root: "/usr/include",
    files: "google/protobuf/compiler/plugin.proto",
  },
  { aptPackage: "grpc-proto", root: "/usr/share/grpc-proto", files: "grpc/**/*.proto" },
  {
    aptPackage: "golang-github-grpc-ecosystem-grpc-gateway-dev",
    root: join(gateway, "third_party/googleapis"),
    files: "google/**/*.proto",
  },
  {
    aptPackage: "golang-github-grpc-ecosystem-grpc-gateway-dev",
    root: gateway,
    files: "{examples/proto,protoc-gen-swagger,runtime}/**/*.proto",
  },
];

/** It imports files of Envoy, which no package has. */
const left = ["grpc/tls/provider/meshca/experimental/config.proto"];

const missing = debian.filter(({ root, files }) => globSync(files, { cwd: root }).length === 0);
const skip =
  missing.length > 0 && `there is no package ${missing.map((one) => one.aptPackage).join(", ")}`;

describe("compileProtos() writes what buf build writes for files of Debian", { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), "reef-proto-"));
  const paths: string[] = [];
  let full = new Map<string, Buffer>();
  let bare = new Map<string, Buffer>();

  before(async () => {
    for (const { root, files } of debian) {
      for (const path of globSync(files, { cwd: root })) {
        if (left.includes(path)) continue;
        cpSync(join(root, path), join(folder, path));
        paths.push(path);
      }
    }
    full = await bufBuild(folder);
    bare = await bufBuild(folder, { sourceInfo: false });
  });
  after(() => rmSync(folder, { recursive: true }));

  test("at least 50 files are compared", () => {
    assert.ok(new Set(paths).size >= 50, `there are ${paths.length}`);
    assert.deepEqual([...full.keys()].toSorted(), paths.toSorted());
  });

  test("every file is the same, with and without what is known of its source", async () => {
    for (const path of paths) {
      assert.deepEqual(await ours(folder, path), full.get(path), path);
      assert.deepEqual(await ours(folder, path, { sourceInfo: false }), bare.get(path), path);
    }
  });
});

/** What each of them is about is said by its name. */
const fixtures = join(import.meta.dirname, "fixtures");

/** Imported by some of them; buf does not have it, and we do. */
const api = new URL("../../../templates/proto/google/api/", import.meta.url);

describe("compileProtos() writes what buf build writes for hard cases", () => {
  for (const path of globSync("*.proto", { cwd: fixtures })) {
    test(`fixtures/${path} is the same, with and without what is known of its source`, async () => {
      // Each alone: what one has that the Go library does not know makes buf write options of all in another order.
      const folder = mkdtempSync(join(tmpdir(), "reef-proto-"));
      cpSync(join(fixtures, path), join(folder, path));
      cpSync(api, join(folder, "google/api"), { recursive: true });
      for (const sourceInfo of [true, false]) {
        const theirs = await bufBuild(folder, { sourceInfo });
        assert.deepEqual(await ours(folder, path, { sourceInfo }), theirs.get(path));
        const http = "google/api/http.proto";
        assert.deepEqual(await ours(folder, http, { sourceInfo }), theirs.get(http));
      }
      rmSync(folder, { recursive: true });
    });
  }
});

async function ours(
  folder: string,
  entry: string,
  options: { sourceInfo?: boolean } = {},
): Promise<Buffer> {
  const read = (path: string): string | undefined => {
    const full = join(folder, path);
    return existsSync(full) ? readFileSync(full, "utf8") : undefined;
  };
  const file = (await compileProtos(entry, read, options)).at(-1);
  assert.ok(file !== undefined);
  return Buffer.from(encodeFileDescriptor(file));
}
