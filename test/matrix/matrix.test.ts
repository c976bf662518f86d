/**
 * Every role at every method in each namespace through each entrance, held against a table that is written by hand.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import type { Contract } from "../../src/contract/contract.ts";
import { blockContracts } from "../../src/server/block-contracts.ts";
import { outcomeOf } from "../doors/entrances.ts";
import {
  blockRows,
  type Cell,
  closedPageRows,
  expectedAtService,
  expectedOf,
  expectedOfPage,
  type PageRows,
  pageRows,
  type Row,
  type Rows,
  serviceRows,
} from "./expected.ts";
import type { Gate } from "./gates.ts";
import { type Matrix, openMatrix, userContracts } from "./open-matrix.ts";
import { namespaces, roles } from "./roles.ts";

let matrix: Matrix;

before(async () => {
  matrix = await openMatrix();
});

after(() => matrix[Symbol.asyncDispose]());

/** Of this many at a time nobody is asked too much. */
const atOnce = 8;

interface Plan {
  readonly contracts: readonly Contract[];
  readonly rows: Rows;
  readonly gates: (namespace: (typeof namespaces)[number]) => readonly Gate[];
  readonly expected?: (cell: Cell, row: Row) => string;
}

/** How many cells there were; fails with all that are wrong. */
async function check({ contracts, rows, gates, expected = expectedOf }: Plan): Promise<number> {
  const wrong: string[] = [];
  let cells = 0;
  const work = cellsOf(contracts).map(({ contract, ...cell }) => async () => {
    const row = rows[cell.service]?.[cell.method] ?? assert.fail(`${cell.method} has no row`);
    const { role, method, namespace } = cell;
    const input = inputOf(row, namespace, matrix.token(role));
    for (const gate of gates(namespace)) {
      const asking = gate.ask({ contract, method, input, role, namespace });
      if (!asking) continue;
      cells += 1;
      // oxlint-disable-next-line no-await-in-loop -- as many at once as there are lanes
      const ended = await asking;
      const [got, should] = [outcomeOf(ended), expected(cell, row)];
      if (got === should) continue;
      const what = `${gate.name}: ${cell.service}/${method} by ${role} in ${namespace}`;
      wrong.push(`${what} is ${got} and not ${should} (${ended.code} ${ended.text.slice(0, 120)})`);
    }
  });
  const next = work.values();
  const lanes = Array.from({ length: atOnce }, async () => {
    // oxlint-disable-next-line no-await-in-loop -- a lane takes one after the other
    for (const each of next) await each();
  });
  await Promise.all(lanes);
  assert.deepEqual(wrong, [], `${wrong.length} of ${cells} cells are wrong`);
  return cells;
}

function cellsOf(contracts: readonly Contract[]): (Cell & { readonly contract: Contract })[] {
  return contracts.flatMap((contract) =>
    Object.keys(contract.methods).flatMap((method) =>
      namespaces.flatMap((namespace) =>
        roles.map((role) => ({ contract, service: contract.name, method, namespace, role })),
      ),
    ),
  );
}

function inputOf([, input]: Row, namespace: string, token: string): object {
  const text = JSON.stringify(input).replace("NAMESPACE", namespace).replace("TOKEN", token);
  // What was written a line before.
  return JSON.parse(text) as object;
}

test("the table has a row for each method of each contract, and no other", () => {
  const all = [...blockContracts, ...userContracts];
  const there = all.map(({ name, methods }) => [name, Object.keys(methods).toSorted()]);
  const rows = Object.entries({ ...blockRows, ...serviceRows });
  const written = rows.map(([name, methods]) => [name, Object.keys(methods).toSorted()]);
  assert.deepEqual(Object.fromEntries(written), Object.fromEntries(there));
});

test("blocks through the gateway and the proxy are as the table says, in every cell", async (t) => {
  const gates = () => matrix.entrances;
  t.diagnostic(`${await check({ contracts: blockContracts, rows: blockRows, gates })} cells`);
});

test("blocks on the control socket are as the table says, in every cell", async (t) => {
  const gates = () => matrix.control;
  t.diagnostic(`${await check({ contracts: blockContracts, rows: blockRows, gates })} cells`);
});

test("services through the gateway and the proxy are as the table says, in every cell", async (t) => {
  const gates = () => matrix.entrances;
  t.diagnostic(`${await check({ contracts: userContracts, rows: serviceRows, gates })} cells`);
});

test("services at their own addresses are as the table says, in every cell", async (t) => {
  const cells = await check({
    contracts: userContracts,
    rows: serviceRows,
    gates: (namespace) => matrix.services[namespace],
    expected: expectedAtService,
  });
  t.diagnostic(`${cells} cells`);
});

/** What is not a page is a method of a block by another path. */
async function checkPages(pages: Matrix["pages"], rows: PageRows): Promise<number> {
  const wrong: string[] = [];
  let cells = 0;
  for (const place of ["entrances", ...namespaces] as const) {
    const asking = pages[place].flatMap(({ name, about, ask }) =>
      namespaces.flatMap((namespace) =>
        roles.map(async (role) => {
          cells += 1;
          const [got, should] = [outcomeOf(await ask(role, namespace)), shouldBe()];
          if (got !== should) wrong.push(`${name}, ${namespace}: ${role} is ${got}, not ${should}`);

          function shouldBe(): string {
            if (about === "services" || about === "contracts" || about === "health") {
              return expectedOfPage({ role, namespace, page: about, place }, rows);
            }
            const [service = "", method = ""] = about.split("/");
            const row = blockRows[service]?.[method] ?? assert.fail(`${about} has no row`);
            return expectedOf({ role, namespace, service, method }, row);
          }
        }),
      ),
    );
    // oxlint-disable-next-line no-await-in-loop -- one place after the other
    await Promise.all(asking);
  }
  assert.deepEqual(wrong, [], `${wrong.length} of ${cells} cells are wrong`);
  return cells;
}

test("what entrances and ports say themselves is told to those of the table, in every cell", async (t) => {
  t.diagnostic(`${await checkPages(matrix.pages, pageRows)} cells`);
});

test("what rules close of it is told to nobody else, in every cell", async (t) => {
  await using closed = await openMatrix({ arePagesClosed: true });
  t.diagnostic(`${await checkPages(closed.pages, closedPageRows)} cells`);
});
