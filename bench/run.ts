/** `npm run bench -- [question ...] [options]`: asks how fast reef is, beside its peers, in one run. */
import { availableParallelism } from "node:os";
import { ReefError } from "../src/core/errors.ts";
import { type BenchOptions, parseOptions } from "./options.ts";
import type { Question } from "./question.ts";

/** One file each, loaded when it is asked. */
const questions: { readonly [name: string]: () => Promise<{ readonly question: Question }> } = {
  rpc: () => import("./rpc.ts"),
  payload: () => import("./payload.ts"),
  streams: () => import("./streams.ts"),
  identity: () => import("./identity.ts"),
  gateway: () => import("./gateway.ts"),
  grpc: () => import("./grpc.ts"),
  "hostile-tokens": () => import("./hostile-tokens.ts"),
  "store-put": () => import("./store-put.ts"),
  "store-get": () => import("./store-get.ts"),
  "store-list": () => import("./store-list.ts"),
  resolve: () => import("./resolve.ts"),
  startup: () => import("./startup.ts"),
  "in-process": () => import("./in-process.ts"),
  codec: () => import("./codec.ts"),
  "type-check": () => import("./type-check.ts"),
};

const usage = `Usage: npm run bench -- [question ...] [options]

Questions: ${Object.keys(questions).join(", ")}; without one, all of them

  --json               one JSON object a line instead of a table (npm run --silent adds nothing)
  --seconds S          of one measurement                      [2]
  --rounds N           every peer is measured in each of them  [3]
  --only PEER,PEER     measure only these
  --concurrency N,N    callers at once                         [what the question asks for]
  --help

Only ratios of one run mean something, and only on a machine that does nothing else.
`;

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(usage);
  else await askAll(options);
} catch (error) {
  if (!(error instanceof ReefError)) throw error;
  progress(error.message);
  if (error.code === "invalid_argument") progress("npm run bench -- --help says more");
  process.exitCode = error.code === "invalid_argument" ? 2 : 1;
}

async function askAll(options: BenchOptions): Promise<void> {
  const names = options.questions.length > 0 ? options.questions : Object.keys(questions);
  const asked: (readonly [name: string, question: Question])[] = [];
  for (const name of names) asked.push([name, await loadQuestion(name)]);
  const known = new Set(asked.flatMap(([, { peers }]) => peers));
  for (const peer of options.only ?? []) requireKnown("peer", peer, [...known]);
  for (const [name, question] of asked) await ask(name, question, options);
}

async function ask(name: string, question: Question, options: BenchOptions): Promise<void> {
  const { only, json, seconds, rounds, concurrency } = options;
  const peers = question.peers.filter((peer) => only?.includes(peer) ?? true);
  if (peers.length === 0) return;
  const answer = await question.ask({ peers, seconds, rounds, concurrency, progress });
  if (json) {
    for (const row of answer.rows) print(JSON.stringify(row));
    return;
  }
  const machine = `Node ${process.versions.node}, ${availableParallelism()} cores`;
  const how = `medians of ${rounds} x ${seconds} s, each warm before; ${machine}`;
  print(`\n${name}: ${question.title} (${how})\n`);
  print(answer.report);
}

async function loadQuestion(name: string): Promise<Question> {
  requireKnown("question", name, Object.keys(questions));
  // Its name was just found.
  return (await questions[name]!()).question;
}

function requireKnown(what: string, name: string, known: readonly string[]): void {
  if (known.includes(name)) return;
  const choice = known.join(", ");
  throw new ReefError(
    "invalid_argument",
    `Cannot measure "${name}": there is no such ${what}; choose from ${choice}`,
  );
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Standard output is for results. */
function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
