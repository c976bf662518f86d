import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalPath } from "./canonical-path.ts";
import { contract } from "../../contract/contract.ts";
import { method } from "../../contract/method.ts";
import { service } from "../../rpc/service.ts";
import { openFixture } from "./fixtures/open-fixture.ts";

const options = { bytesMax: 8_192 };

test("canonicalPath() decodes once and keeps case, marks and other scripts", () => {
  const cases: [target: string, path: string, query?: string][] = [
    ["/", "/"],
    ["/greeter/hello", "/greeter/hello"],
    ["/Greeter/Hello", "/Greeter/Hello"],
    ["/greeter/%68ello", "/greeter/hello"],
    ["/a/b%20c", "/a/b c"],
    ["/a/J%C3%BCrgen", "/a/Jürgen"],
    ["/a/%F0%9F%98%80", "/a/😀"],
    ["/a/a.b..c...", "/a/a.b..c..."],
    ["/a/...", "/a/..."],
    ["/a/~x-_!$&'()*+,=:@", "/a/~x-_!$&'()*+,=:@"],
    ["/a?b=c%2F..&d", "/a", "b=c%2F..&d"],
    ["/a?", "/a", ""],
    ["/a?b?c", "/a", "b?c"],
  ];
  for (const [target, path, query] of cases) {
    assert.deepEqual(canonicalPath(target, options), { path, query }, target);
  }
});

test("canonicalPath() refuses a target that is longer than bytesMax", () => {
  assert.equal(canonicalPath("/aaa", { bytesMax: 4 }).path, "/aaa");
  assert.throws(() => canonicalPath("/aaaa", { bytesMax: 4 }), { reason: "target_too_long" });
});

/** Ways in which somebody leaves a folder: each part between slashes, before a guarded path. */
const ups = [
  "..",
  "%2e%2e",
  "%2E%2E",
  ".%2e",
  "%2e.",
  "%252e%252e",
  "%c0%ae%c0%ae",
  "%e0%80%ae%e0%80%ae",
  "..;",
  "..;a=b",
  "..%3b",
  "..%00",
  "%00..",
  "..%5c",
  "..\\",
  "..%2f",
  "..%252f",
  "..%c0%af",
  "..%0d%0a",
  "..%09",
  ".",
  "%2e",
  "",
  "..%u2215",
] as const;

const traversals: readonly string[] = [
  ...ups.flatMap((up) => [
    `/greeter/${up}/runtime/run`,
    `/${up}/runtime/run`,
    `/greeter/hello/${up}/${up}/runtime/run`,
  ]),
  "/greeter/..%2fruntime/run",
  "/greeter%2f..%2fruntime%2frun",
  "/greeter/..%5cruntime\\run",
  "\\runtime\\run",
  "/..\\runtime/run",
  "//runtime/run",
  "///runtime/run",
  "/runtime//run",
  "/runtime/run/",
  "/runtime/run/.",
  "/runtime/run/..",
  "/runtime/./run",
  "/runtime/x/../run",
  "http://127.0.0.1/runtime/run",
  "//127.0.0.1/runtime/run",
  "runtime/run",
  "*",
  "",
];

test("canonicalPath() refuses every one of 67 traversals and more", () => {
  assert.ok(new Set(traversals).size >= 67, `${new Set(traversals).size} traversals`);
  for (const target of traversals) {
    assert.throws(() => canonicalPath(target, options), { reason: "bad_path" }, target);
  }
});

/** The characters that some readers take for others, put at each seam of the path. */
const disguises = [
  "%2f",
  "%2F",
  "%5c",
  "%5C",
  "%00",
  "%3b",
  "%3f",
  "%23",
  "%25",
  "%252f",
  "%0a",
  "%0d%0a",
  "%7f",
  "%c2%80",
  "%c0%af",
  "%e0%80%af",
  "%f0%80%80%af",
  "%ed%a0%80",
  "%ff",
  "%80",
  "%",
  "%2",
  "%zz",
  "%u002f",
  ";x=y",
  "\\",
  "#",
  '"',
  "<",
  "^",
  "`",
  "{",
  "|",
  "\u00ef\u00bc\u008f",
] as const;

const encodings: readonly string[] = disguises.flatMap((disguise) => [
  `/runtime${disguise}run`,
  `/runtime/run${disguise}`,
]);

test("canonicalPath() refuses every one of 60 encodings and more", () => {
  assert.ok(new Set(encodings).size >= 60, `${new Set(encodings).size} encodings`);
  for (const target of encodings) {
    assert.throws(() => canonicalPath(target, options), { reason: "bad_path" }, target);
  }
});

/** Plain text that is no second way of writing `/runtime/run`: they are canonical, and nobody's. */
const lookalikes: readonly string[] = [
  "/%72untime/run",
  "/%72%75%6e%74%69%6d%65/%72%75%6e",
  "/RUNTIME/RUN",
  "/Runtime/run",
  "/%52untime/run",
  "/runtime%20/run",
  "/%20runtime/run",
  "/runtime./run",
  "/runtime%EF%BC%8Frun",
  "/%EF%BD%92untime/run",
  "/runtime%E2%80%8B/run",
  "/ru%C4%B1ntime/run",
  "/runtime:80/run",
  "/runtime,run",
  "/runtime/run?x=/../hello",
  "/runtime/run?",
  "/greeter/hello?/../../runtime/run",
];

test("no traversal, encoding or lookalike reaches a service under a reserved name", async () => {
  let calls = 0;
  const Runtime = contract("runtime", { run: method({ http: "POST /" }) });
  const runtime = service(Runtime, {
    run() {
      calls += 1;
      return {};
    },
  });
  await using fixture = await openFixture([runtime]);
  const body = "Content-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
  for (const target of [...traversals, ...encodings, ...lookalikes, "/runtime/run"]) {
    // As bytes on a socket, because every client would repair the target first.
    const answer = await fixture.raw(`POST ${target} HTTP/1.1\r\nHost: localhost\r\n${body}`);
    assert.match(answer, /^HTTP\/1\.1 40[04] /, target);
  }
  assert.equal(calls, 0);
});
