/** The rigs of PostgreSQL have teeth: without fsync it loses what it has acknowledged, and says before that it will. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openPostgresServer } from "../../src/backends/postgres/test-server.ts";
import { openPostgresStore } from "../../src/blocks/store/drivers/postgres.ts";
import { postgresPower, runPostgresPower } from "./postgres-power.ts";

test("postgres-power finds what a server without fsync has lost", async (t) => {
  const missing = postgresPower.missing();
  if (missing !== undefined) return t.skip(missing);
  const options = { rounds: 1, seed: 1, tell: () => {}, signal: t.signal };
  const { broken } = await runPostgresPower(options, ["fsync=off"]);
  t.diagnostic(broken.join(", "));
  return assert.match(broken.join("\n"), /\d+ lost: |it does not come back/);
});

test("survives() says less of a server that does not wait for its disk", async (t) => {
  const missing = postgresPower.missing();
  if (missing !== undefined) return t.skip(missing);
  for (const setting of ["fsync=off", "full_page_writes=off", "synchronous_commit=off"]) {
    await using server = await openPostgresServer({ settings: [setting] });
    await using store = await openPostgresStore({ url: server.url });
    assert.equal(await store.survives(), "process", setting);
  }
  return undefined;
});
