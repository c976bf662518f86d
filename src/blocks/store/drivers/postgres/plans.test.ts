/** How the server answers: every statement walks an index, and a page costs the same however many keys there are. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, test } from "node:test";
import { bytesList } from "../../../../backends/postgres/arrays.ts";
import type { Value } from "../../../../backends/postgres/library.ts";
import { openPostgres, type Postgres } from "../../../../backends/postgres.ts";
import {
  missingForPostgres,
  openPostgresServer,
} from "../../../../backends/postgres/test-server.ts";
import { historyTexts } from "./history.ts";
import { lockedTexts } from "./locked-questions.ts";
import { questionTexts } from "./questions.ts";
import { migrations } from "./schema.ts";
import { writeTexts } from "./write-down.ts";

const missing = missingForPostgres();
// It has nothing to lose.
const server =
  missing === undefined ? await openPostgresServer({ settings: ["fsync=off"] }) : undefined;
after(() => server?.[Symbol.asyncDispose]());

/** The largest is what the page of the smallest must not cost more than. */
const sizes = [1_000, 1_000_000];

/** Blocks that a deeper index and one page more or less may cost. */
const blocksMoreMax = 10;

const place = Buffer.from("default trips");
const [from, to] = [Buffer.from("k"), Buffer.from("l")];
const keys = bytesList([Buffer.from("k0000500")]);

const statements: { readonly [name: string]: readonly [text: string, values: readonly Value[]] } = {
  get: [questionTexts.get, [0, bytesList([place]), keys]],
  list: [questionTexts.list, [0, place, from, to, 101, ""]],
  backwards: [questionTexts.backwards, [0, place, from, to, 101, ""]],
  tables: [questionTexts.tables, [0, Buffer.from("default "), Buffer.from("default!")]],
  since: [historyTexts.since, [500, place, from, to]],
  news: [historyTexts.news, [990]],
  entries: [lockedTexts.entries, [bytesList([place]), keys]],
  begun: [lockedTexts.begun, [bytesList([place])]],
  expired: [lockedTexts.expired, [0]],
  next: [lockedTexts.next, [0]],
  delete: [writeTexts.delete, [bytesList([place]), keys]],
  state: [writeTexts.state, [1, 1, 10_000, 67_108_864, 0, "", 0, 0]],
  forget: [writeTexts.forget, [990]],
};

test(
  "every statement walks an index, at a cost that does not depend on the number of keys",
  {
    skip: missing,
  },
  async (t) => {
    const schema = randomUUID();
    const url = server?.url ?? "";
    await using postgres = await openPostgres({ url, schema, migrations });
    const costs: Map<string, number>[] = [];
    for (const [index, size] of sizes.entries()) {
      await fill(postgres, sizes[index - 1] ?? 0, size);
      const blocks = new Map<string, number>();
      for (const [name, [text, values]] of Object.entries(statements)) {
        const plan = await explain(postgres, text, values);
        assert.deepEqual(plan.walks, [], `${name} at ${size} keys`);
        blocks.set(name, plan.blocks);
      }
      costs.push(blocks);
    }
    const [few = new Map(), many = new Map()] = costs;
    for (const name of Object.keys(statements)) {
      const [before, behind] = [few.get(name) ?? 0, many.get(name) ?? 0];
      t.diagnostic(`${name}: ${before} blocks at ${sizes[0]} keys, ${behind} at ${sizes[1]}`);
      assert(
        behind <= before + blocksMoreMax,
        `${name} reads ${behind} blocks instead of ${before}`,
      );
    }
  },
);

/** So many at once stay well within the time of a call. */
const step = 100_000;

async function fill(postgres: Postgres, from: number, to: number): Promise<void> {
  const key = "convert_to('k' || lpad(n::text, 7, '0'), 'UTF8')";
  const place = "convert_to('default trips', 'UTF8')";
  for (let start = from; start < to; start += step) {
    const rows = `FROM generate_series(${start}, ${Math.min(to, start + step) - 1}) AS n`;
    const text = `INSERT INTO entry SELECT ${place}, ${key}, 'value', n, NULL ${rows}`;
    await postgres.transaction(async () => ({ last: [[text]], value: undefined }));
  }
  const history = `INSERT INTO history SELECT n, 0, ${place}, ${key}, NULL, n FROM generate_series(1, 1000) AS n
    ON CONFLICT DO NOTHING`;
  await postgres.transaction(async () => ({ last: [[history]], value: undefined }));
}

interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Shared Hit Blocks": number;
  readonly "Shared Read Blocks": number;
  readonly Plans?: readonly PlanNode[];
}

/** What it walks without an index, and how much it reads; it is done, too. */
async function explain(postgres: Postgres, text: string, values: readonly Value[]) {
  const [row] = await postgres.read((run) => {
    return run<{ "QUERY PLAN": readonly { readonly Plan: PlanNode }[] }>(
      `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`,
      values,
    );
  });
  const plan = row?.["QUERY PLAN"][0]?.Plan ?? assert.fail("there is no plan");
  const walks = nodesOf(plan).filter((node) => {
    const type = node["Node Type"];
    // The store's own row is the only one of its table.
    return type === "Sort" || (/Seq|Bitmap/.test(type) && node["Relation Name"] !== "store");
  });
  return { walks, blocks: plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] };
}

function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}
