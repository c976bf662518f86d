import assert from "node:assert/strict";
import { test } from "node:test";
import { parseServerUrl } from "./server-url.ts";

test("parseServerUrl() shows where a server is, and neither user nor password", () => {
  const { shown } = parseServerUrl("postgres://reef:hush@db.local:5433/trips?sslmode=require");
  assert.equal(shown, "db.local:5433/trips");
  assert.equal(parseServerUrl("postgresql://db.local").shown, "db.local");
});

test("parseServerUrl() finds the folder of a socket behind its escaped slashes", () => {
  const { socketFolder, shown } = parseServerUrl("postgres://reef@%2Fvar%2Frun%2Fpostgresql/trips");
  assert.deepEqual([socketFolder, shown], ["/var/run/postgresql", "/var/run/postgresql/trips"]);
  assert.equal(parseServerUrl("postgres://reef@%2Ftmp:5433/trips").socketFolder, "/tmp");
  assert.equal(parseServerUrl("postgres://db.local/trips").socketFolder, undefined);
});

test("parseServerUrl() refuses what is no URL of PostgreSQL, and does not repeat it", () => {
  for (const given of ["", "hush", "redis://:hush@db", "postgres://reef:hush@db:port"]) {
    assert.throws(() => parseServerUrl(given), {
      code: "invalid_argument",
      message: /^((?!hush).)*postgres:\/\/user@127\.0\.0\.1:5432\/reef((?!hush).)*$/,
    });
  }
});
