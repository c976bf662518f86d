/** How a server is used: what is tried again, what is not, and what is said when it cannot be used. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { inspect } from "node:util";
import { soon } from "../testing/soon.ts";
import type { Run } from "./postgres/link.ts";
import { missingForPostgres, openPostgresServer } from "./postgres/test-server.ts";
import { openPostgres, type PostgresOptions } from "./postgres.ts";

const skip = missingForPostgres() ?? false;
const server = skip === false ? await openPostgresServer() : undefined;
after(() => server?.[Symbol.asyncDispose]());

const migrations = [["CREATE TABLE note (text text)"]];

function options(given: Partial<PostgresOptions> = {}): PostgresOptions {
  return { url: server?.url ?? "", schema: "notes", migrations, ...given };
}

async function notes(run: Run): Promise<number> {
  const [row] = await run<{ n: number }>("SELECT count(*) AS n FROM note");
  return row?.n ?? 0;
}

const write = [["INSERT INTO note VALUES ('one')"]] as const;
const endSession = "SELECT pg_terminate_backend(pg_backend_pid())";

test("openPostgres() without its library says what to type", async () => {
  const missing = () => Promise.reject(new Error("Cannot find package"));
  await assert.rejects(openPostgres(options({ url: "postgres://db", load: missing })), {
    code: "failed_precondition",
    message:
      'Cannot use PostgreSQL without the library "postgres": it is not installed; type "npm install postgres"',
  });
  const other = async () => ({ default: () => "left-pad" });
  await assert.rejects(openPostgres(options({ url: "postgres://db", load: other })), {
    code: "failed_precondition",
    message: /what is installed under this name is another library; type "npm install postgres"/,
  });
});

test("openPostgres() never shows a password, in no text and no cause", async () => {
  for (const url of [
    "postgres://reef:hush@127.0.0.1:1/reef",
    "postgres://reef:hush@127.0.0.1:port/reef",
    "hush",
  ]) {
    await assert.rejects(openPostgres(options({ url })), (error) => {
      return !inspect(error, { depth: 10 }).includes("hush");
    });
  }
});

test("openPostgres() of a server that is not there is unavailable, and says where", async () => {
  await assert.rejects(openPostgres(options({ url: "postgres://reef@127.0.0.1:1/reef" })), {
    code: "unavailable",
    maybeExecuted: false,
    message:
      'Cannot use PostgreSQL at "127.0.0.1:1/reef": it cannot be reached; see that it runs, and that its address ' +
      "is right (ECONNREFUSED)",
  });
});

test(
  "openPostgres() without the right to log in, or a database, fails at once",
  { skip },
  async () => {
    const url = server?.url.replace(/[^/]*$/, "nothing") ?? "";
    await assert.rejects(openPostgres(options({ url })), {
      code: "failed_precondition",
      message: /the database does not exist; make it with "createdb" \(3D000\)$/,
    });
    await assert.rejects(
      openPostgres(options({ url: server?.url.replace("reef@", "nobody@") ?? "" })),
      {
        code: "failed_precondition",
        message:
          /it does not let this user in; see the user and the password in its URL \(28000\)$/,
      },
    );
  },
);

test("read() asks again over another connection when one is lost", { skip }, async () => {
  await using postgres = await openPostgres(options());
  let asked = 0;
  const answer = await postgres.read(async (run) => {
    asked += 1;
    if (asked === 1) await run(endSession);
    return (await run<{ n: number }>("SELECT 7 AS n"))[0]?.n;
  });
  assert.deepEqual([asked, answer], [2, 7]);
});

test("read() ends with the reason of its signal, and others go on", { skip }, async () => {
  await using postgres = await openPostgres(options());
  const reason = new Error("enough");
  const leaving = new AbortController();
  const slow = postgres.read((run) => run("SELECT pg_sleep(0.2)"), leaving.signal);
  leaving.abort(reason);
  await assert.rejects(slow, reason);
  assert.equal((await postgres.read((run) => run("SELECT 1"))).length, 1);
});

test(
  "transaction() runs again when the server undid it, and when it was lost before the commit",
  {
    skip,
  },
  async () => {
    await using postgres = await openPostgres(options({ schema: "again" }));
    const first = [
      "DO $$ BEGIN RAISE EXCEPTION 'restart transaction' USING ERRCODE = '40001'; END $$",
      endSession,
    ];
    let runs = 0;
    const value = await postgres.transaction(async (run) => {
      const text = first[runs++];
      if (text) await run(text);
      return { last: write, value: "done" };
    });
    assert.deepEqual([value, runs, await postgres.read(notes)], ["done", 3, 1]);
  },
);

test(
  "transaction() that is undone again and again gives up, and says that nothing was done",
  {
    skip,
  },
  async () => {
    await using postgres = await openPostgres(options({ schema: "races" }));
    const race = "DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$";
    await assert.rejects(
      postgres.transaction(async () => ({ last: [...write, [race]], value: undefined })),
      { code: "unavailable", maybeExecuted: false, message: /others write the same all the time/ },
    );
    assert.equal(await postgres.read(notes), 0);
  },
);

test(
  "transaction() whose connection is lost with the commit is not done twice, and says so",
  {
    skip,
  },
  async () => {
    await using postgres = await openPostgres(options({ schema: "lost" }));
    let runs = 0;
    const lost = postgres.transaction(async () => {
      runs += 1;
      return { last: [...write, [endSession]], value: undefined };
    });
    await assert.rejects(lost, { code: "unavailable", maybeExecuted: true });
    assert.equal(runs, 1);
    await postgres.transaction(async () => ({ last: write, value: undefined }));
    assert.equal(await postgres.read(notes), 1);
  },
);

test("transaction() that fails leaves its connection fit for the next one", { skip }, async () => {
  await using postgres = await openPostgres(options({ schema: "fit" }));
  const bad = async () => ({ last: [["INSERT INTO nothing VALUES (1)"]] as const, value: 0 });
  await assert.rejects(postgres.transaction(bad), {
    code: "failed_precondition",
    maybeExecuted: false,
  });
  const reason = new Error("no");
  await assert.rejects(
    postgres.transaction(async () => Promise.reject(reason)),
    { code: "internal", cause: reason },
  );
  await postgres.transaction(async () => ({ last: write, value: undefined }));
  assert.equal(await postgres.read(notes), 1);
});

test("what takes too long is unavailable, and the next one is answered", { skip }, async () => {
  await using postgres = await openPostgres(options());
  const slow = assert.rejects(
    postgres.read((run) => run("SELECT pg_sleep(60)")),
    { code: "unavailable" },
  );
  await soon("The end of what takes too long", slow);
  assert.equal((await postgres.read((run) => run("SELECT 1"))).length, 1);
});
