import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalPath } from "./canonical-path.ts";
import { contract } from "../../contract/contract.ts";
import { method } from "../../contract/method.ts";
import { service } from "../../rpc/service.ts";
import { encodings, lookalikes, traversals } from "./fixtures/hostile-targets.ts";
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

test("canonicalPath() refuses every one of 67 traversals and more", () => {
  const targets = traversals("greeter", "runtime", "run");
  assert.ok(targets.length >= 67, `${targets.length} traversals`);
  for (const target of targets) {
    assert.throws(() => canonicalPath(target, options), { reason: "bad_path" }, target);
  }
});

test("canonicalPath() refuses every one of 60 encodings and more", () => {
  const targets = new Set(encodings("runtime", "run"));
  assert.ok(targets.size >= 60, `${targets.size} encodings`);
  for (const target of targets) {
    assert.throws(() => canonicalPath(target, options), { reason: "bad_path" }, target);
  }
});

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
  const targets = [
    ...traversals("greeter", "runtime", "run"),
    ...encodings("runtime", "run"),
    ...lookalikes("greeter", "runtime", "run"),
    "/runtime/run",
  ];
  const body = "Content-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
  for (const target of targets) {
    // As bytes on a socket, because every client would repair the target first.
    const answer = await fixture.raw(`POST ${target} HTTP/1.1\r\nHost: localhost\r\n${body}`);
    assert.match(answer, /^HTTP\/1\.1 40[04] /, target);
  }
  assert.equal(calls, 0);
});
