/**
 * What does a client cost the compiler? A file that uses 1, 10 and 100 clients is type-checked; what one more of them
 * adds must not depend on how many there are. Types and instantiations are counted and not timed: the compiler's own
 * measure of its work is the same in every run.
 */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ReefError } from "../src/core/errors.ts";
import type { Answer, AskOptions, Question } from "./question.ts";
import { formatTables, verdictOf } from "./verdict.ts";

const clientCounts = [1, 10, 100] as const;

export const question: Question = {
  title: "type-checking a file that uses 1, 10, 100 clients",
  peers: ["reef"],
  ask,
};

interface Measurement {
  readonly clients: number;
  readonly types: number;
  readonly instantiations: number;
  readonly checkSeconds: number;
}

const root = join(import.meta.dirname, "..");

async function ask({ progress }: AskOptions): Promise<Answer> {
  // Inside the project, because a package finds itself by its name only there.
  const folder = await mkdtemp(join(root, "bench", "reef-"));
  try {
    await writeFile(join(folder, "tsconfig.json"), tsconfig);
    const results: Measurement[] = [];
    for (const clients of clientCounts) {
      progress(`Checking ${clients} clients`);
      await writeFile(join(folder, "app.ts"), programOf(clients));
      results.push({ clients, ...check(folder) });
    }
    return answerOf(results);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const tsconfig = JSON.stringify({
  extends: "../../tsconfig.json",
  compilerOptions: { types: ["node"] },
  include: ["app.ts"],
});

/** No two contracts are alike, or the compiler would remember one for all. */
function programOf(clients: number): string {
  const parts = Array.from({ length: clients }, (_, n) => partOf(n));
  return `import { client, contract, isError, method, stream, t } from "reef";\n${parts.join("\n")}`;
}

/** One client: a call, its answer's fields, its typed error, and a stream. */
function partOf(n: number): string {
  return `
const Contract${n} = contract("service-${n}", {
  hello${n}: method({
    input: t.object({ name${n}: t.string(), age: t.int32().optional() }),
    output: t.object({ message${n}: t.string(), tags: t.list(t.string()) }),
    errors: { nobody${n}: { code: "not_found", data: t.object({ name${n}: t.string() }) } },
  }),
  count${n}: method({
    input: t.object({ to${n}: t.int32() }),
    output: stream(t.object({ n${n}: t.int32() })),
  }),
});
export async function use${n}(): Promise<number> {
  const service = client(Contract${n});
  try {
    const { message${n}, tags } = await service.hello${n}({ name${n}: "Ann" });
    for await (const { n${n} } of service.count${n}({ to${n}: 3 })) console.log(n${n});
    return message${n}.length + tags.length;
  } catch (error) {
    if (isError(error, Contract${n}, "nobody${n}")) return error.data.name${n}.length;
    throw error;
  }
}
`;
}

function check(folder: string): Omit<Measurement, "clients"> {
  const args = ["--noEmit", "--extendedDiagnostics", "-p", folder];
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const { status, stdout } = spawnSync(process.execPath, [tsc, ...args], { encoding: "utf8" });
  if (status !== 0) throw new ReefError("internal", `Cannot measure: tsc refused it: ${stdout}`);
  const read = (name: string) =>
    Number(new RegExp(`^${name}:\\s+([\\d.]+)`, "m").exec(stdout)?.[1]);
  return {
    types: read("Types"),
    instantiations: read("Instantiations"),
    checkSeconds: read("Check time"),
  };
}

function answerOf(results: readonly Measurement[]): Answer {
  const lines = results.map((result, index) => {
    const { clients, types, instantiations, checkSeconds } = result;
    const before = results[index - 1];
    const more = before
      ? [perClient(before, result, "types"), perClient(before, result, "instantiations")]
      : [types, instantiations];
    return [
      String(clients),
      String(types),
      String(instantiations),
      checkSeconds.toFixed(3),
      ...more.map((each) => each.toFixed(0)),
    ];
  });
  const header = ["clients", "types", "instantiations", "check s", "types each", "inst. each"];
  return { rows: results, report: formatTables([header, ...lines], verdictsOf(results)) };
}

/** Growth from 10 to 100 against growth from 1 to 10: 1 is a constant for each client. */
function verdictsOf(results: readonly Measurement[]) {
  // One for each of `clientCounts`.
  const [one, ten, hundred] = results as readonly [Measurement, Measurement, Measurement];
  return (["types", "instantiations"] as const).map((what) => {
    const actual = perClient(ten, hundred, what) / perClient(one, ten, what);
    const claim = `${what} of one more client, at 100 against 10`;
    return verdictOf({ claim, actual, rule: "under", limit: 1.05, unit: "x" });
  });
}

function perClient(
  before: Measurement,
  after: Measurement,
  what: "types" | "instantiations",
): number {
  return (after[what] - before[what]) / (after.clients - before.clients);
}
