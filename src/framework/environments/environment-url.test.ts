import assert from "node:assert/strict";
import { test } from "node:test";
import { parseEnvironmentUrl } from "./environment-url.ts";

const understood = [
  ["https://staging.example", "https://staging.example:443"],
  ["https://staging.example:8081/", "https://staging.example:8081"],
  ["grpcs://staging.example:9000", "https://staging.example:9000"],
  ["staging.example", "https://staging.example:8081"],
  ["staging.example:80", "https://staging.example:80"],
  ["[2001:db8::1]:8081", "https://[2001:db8::1]:8081"],
  ["http://127.0.0.1:8081", "http://127.0.0.1:8081"],
  ["localhost", "http://localhost:8081"],
  ["[::1]:9000", "http://[::1]:9000"],
] as const;

for (const [typed, url] of understood) {
  test(`parseEnvironmentUrl() takes ${typed} for ${url}`, () => {
    const parsed = parseEnvironmentUrl(typed);
    assert.equal(parsed.url, url);
    assert.equal(parsed.secure, url.startsWith("https"));
    assert.equal(parsed.address, url.replace(/^http/, "grpc"));
  });
}

const refused = [
  ["http://staging.example:8081", /readable on the way; write https/],
  ["http://10.0.0.1:8081", /readable on the way/],
  ["http://127.0.0.1.evil.example:8081", /readable on the way/],
  ["https://ann:secret@staging.example", /^Cannot use "\*\*\*" .*reef login/],
  ["https://staging.example/reef", /something behind the port/],
  ["ftp://staging.example", /is no URL|behind the port/],
  ["", /no URL/],
] as const;

for (const [typed, message] of refused) {
  test(`parseEnvironmentUrl() refuses ${JSON.stringify(typed)}`, () => {
    assert.throws(() => parseEnvironmentUrl(typed), { code: "invalid_argument", message });
  });
}

test("parseEnvironmentUrl() takes another machine in clear when that is said", () => {
  const { url, secure } = parseEnvironmentUrl("http://10.0.0.1:8081", { insecure: true });
  assert.deepEqual({ url, secure }, { url: "http://10.0.0.1:8081", secure: false });
});
