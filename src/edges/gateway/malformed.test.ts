import assert from "node:assert/strict";
import { test } from "node:test";
import { createGreeter } from "./fixtures/greeter.ts";
import { openFixture } from "./fixtures/open-fixture.ts";

const json = '{"name":"Ann"}';
const post =
  "POST /greeter/hello HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
const sized = `Content-Length: ${json.length}\r\n`;
const chunked = "Transfer-Encoding: chunked\r\n";
const chunks = `${json.length.toString(16)}\r\n${json}\r\n0\r\n\r\n`;

/** Two servers could disagree about where each of these ends or whom it is for. */
const malformed: { readonly [name: string]: string } = {
  "Content-Length and Transfer-Encoding": `${post}${sized}${chunked}\r\n${chunks}`,
  "Transfer-Encoding and Content-Length": `${post}${chunked}${sized}\r\n${chunks}`,
  "two equal Content-Length": `${post}${sized}${sized}\r\n${json}`,
  "two different Content-Length": `${post}${sized}Content-Length: 1\r\n\r\n${json}`,
  "a list in Content-Length": `${post}Content-Length: 14, 14\r\n\r\n${json}`,
  "a signed Content-Length": `${post}Content-Length: +14\r\n\r\n${json}`,
  "a negative Content-Length": `${post}Content-Length: -14\r\n\r\n${json}`,
  "a hexadecimal Content-Length": `${post}Content-Length: 0xe\r\n\r\n${json}`,
  "a huge Content-Length": `${post}Content-Length: 99999999999999999999\r\n\r\n${json}`,
  "chunked twice": `${post}${chunked}${chunked}\r\n${chunks}`,
  "chunked, then something": `${post}Transfer-Encoding: chunked, identity\r\n\r\n${chunks}`,
  "something, then chunked": `${post}Transfer-Encoding: gzip, chunked\r\n\r\n${chunks}`,
  "a disguised chunked": `${post}Transfer-Encoding: xchunked\r\n\r\n${chunks}`,
  "a space before the colon": `${post}Transfer-Encoding : chunked\r\n\r\n${chunks}`,
  "a vertical tab in chunked": `${post}Transfer-Encoding:\x0bchunked\r\n\r\n${chunks}`,
  "a folded header": `${post}X-A: b\r\n ${chunked}${sized}\r\n${json}`,
  "bare line feeds": `POST /greeter/hello HTTP/1.1\nHost: localhost\nContent-Length: 2\n\n{}`,
  "a bare carriage return in a header": `${post}X-A: b\rTransfer-Encoding: chunked\r\n\r\n${chunks}`,
  "a zero byte in a header": `${post}X-A: b\0c\r\n${sized}\r\n${json}`,
  "a zero byte in a name": `${post}X\0A: b\r\n${sized}\r\n${json}`,
  "an empty header name": `${post}: b\r\n${sized}\r\n${json}`,
  "a bad chunk size": `${post}${chunked}\r\nzz\r\n${json}\r\n0\r\n\r\n`,
  "a huge chunk size": `${post}${chunked}\r\nfffffffffffffffff\r\n${json}\r\n0\r\n\r\n`,
  "a chunk size after 0x": `${post}${chunked}\r\n0xe\r\n${json}\r\n0\r\n\r\n`,
  "a chunk size before a bare line feed": `${post}${chunked}\r\ne\n${json}\r\n0\r\n\r\n`,
  "a chunk without its end": `${post}${chunked}\r\n${json.length.toString(16)}\r\n${json}XX0\r\n\r\n`,
  "two Hosts": `${post}Host: evil.example\r\n${sized}\r\n${json}`,
  "no Host": `POST /greeter/hello HTTP/1.1\r\nContent-Type: application/json\r\n${sized}\r\n${json}`,
  "two Content-Types": `${post}Content-Type: text/plain\r\n${sized}\r\n${json}`,
  "chunked in HTTP/1.0": `${post.replace("1.1", "1.0")}${chunked}\r\n${chunks}`,
  "an unknown version": `${post.replace("1.1", "1.2")}${sized}\r\n${json}`,
  "a version of HTTP/2": `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`,
  "a space in the target": `${post.replace("hello", "hel lo")}${sized}\r\n${json}`,
  "a whole URL as the target": `${post.replace("/greeter", "http://evil.example/greeter")}${sized}\r\n${json}`,
  "an unknown method": `${post.replace("POST", "HELLO")}${sized}\r\n${json}`,
  "no method": `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03`,
  CONNECT: "CONNECT greeter:80 HTTP/1.1\r\nHost: localhost\r\n\r\n",
  "GET with a body": `GET /greeter/hello/Ann HTTP/1.1\r\nHost: localhost\r\n${sized}\r\n${json}`,
};

test("a malformed request is refused or its connection closed, and no service sees it", async (t) => {
  const { greeter, seen } = createGreeter();
  await using fixture = await openFixture([greeter]);
  for (const [name, text] of Object.entries(malformed)) {
    await t.test(name, async () => {
      // Whatever is left over must not be taken for the next request.
      const smuggled = "GET /services HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
      const answer = await fixture.raw(text + smuggled);
      assert.match(answer, /^(?:HTTP\/1\.1 (?:400|501) |$)/);
      if (answer !== "") assert.match(answer, /application\/problem\+json/i);
      assert.deepEqual(seen.inputs, []);
    });
  }
  // Strangers do not fill the log of errors.
  assert.doesNotMatch(JSON.stringify(fixture.lines), /A call failed/);
});

test("the request of these tests is answered when nothing is wrong with it", async () => {
  const { greeter } = createGreeter();
  await using fixture = await openFixture([greeter]);
  const close = "Connection: close\r\n";
  assert.match(await fixture.raw(`${post}${close}${sized}\r\n${json}`), /Hello Ann/);
  assert.match(await fixture.raw(`${post}${close}${chunked}\r\n${chunks}`), /Hello Ann/);
});

test("what is wrong behind a good request is never read as its answer", async () => {
  const { greeter } = createGreeter();
  await using fixture = await openFixture([greeter]);
  const answer = await fixture.raw(`${post}${sized}\r\n${json}NOT HTTP\r\n\r\n`);
  assert.match(answer, /^(?:HTTP\/1\.1 200 |$)/);
});

test("an expectation that nobody knows is 417", async () => {
  const { greeter } = createGreeter();
  await using fixture = await openFixture([greeter]);
  const answer = await fixture.raw(
    `${post}Expect: cake\r\nConnection: close\r\n${sized}\r\n${json}`,
  );
  assert.match(answer, /^HTTP\/1\.1 417 /);
});

test("a client that waits for 100 Continue gets it before a body that is taken, not before a refusal", async () => {
  const { greeter } = createGreeter();
  await using fixture = await openFixture([greeter]);
  const expects = `${post}Expect: 100-continue\r\nConnection: close\r\n`;
  assert.match(
    await fixture.raw(`${expects}${sized}\r\n${json}`),
    /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/,
  );
  assert.match(await fixture.raw(`${expects}Content-Length: 99999999\r\n\r\n`), /^HTTP\/1\.1 413 /);
});
