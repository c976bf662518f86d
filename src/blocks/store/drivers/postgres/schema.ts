/** The tables of a store in PostgreSQL. What was released here never changes: see `backends/postgres/migrate.ts`. */
import type { Migration } from "../../../../backends/postgres/migrate.ts";

export const migrations: readonly Migration[] = [
  [
    // `place` is database and table. As bytes, because these have one order everywhere. Times are of `shared-time.ts`.
    `CREATE TABLE entry (place bytea NOT NULL, key bytea NOT NULL, value bytea NOT NULL, revision bigint NOT NULL,
      expires_ms bigint, PRIMARY KEY (place, key))`,
    "CREATE INDEX entry_expiry ON entry (expires_ms) WHERE expires_ms IS NOT NULL",
    // The last writes; without a value the key was deleted, or has expired. `before_bytes` is what all writes before
    // have had, since the first one: the difference of two is what lies between them.
    `CREATE TABLE history (revision bigint NOT NULL, ordinal integer NOT NULL, place bytea NOT NULL,
      key bytea NOT NULL, value bytea, before_bytes bigint NOT NULL, PRIMARY KEY (revision, ordinal))`,
    // One row. Whoever writes locks it first, so that revisions rise in the order of the commits.
    `CREATE TABLE store (one integer PRIMARY KEY, epoch text NOT NULL, revision bigint NOT NULL,
      forgotten bigint NOT NULL, written_bytes bigint NOT NULL, time_ms double precision NOT NULL,
      boot_id text NOT NULL, boot_ms double precision NOT NULL, wall_ms double precision NOT NULL)`,
    `INSERT INTO store VALUES (0, md5(random()::text || clock_timestamp()::text), 0, 0, 0, 0, '', 0, 0)`,
  ],
];
