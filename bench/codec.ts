/**
 * What do protobuf and JSON cost, each encoded and decoded by the code that reef generates for it? No call, no socket:
 * CPU time of this process only, so that a neighbour on the machine disturbs it less than a clock would show.
 */
import { ByteSink } from "../src/contract/byte-sink.ts";
import type { Codec } from "../src/contract/codec.ts";
import { lockNumbers } from "../src/contract/numbers/lock-numbers.ts";
import type { Message } from "../src/contract/message.ts";
import { ReefError } from "../src/core/errors.ts";
import { contract, method, t } from "../src/index.ts";
import type { Answer, AskOptions, Question } from "./question.ts";
import { median } from "./statistics.ts";
import { type Claim, formatTables, verdictOf } from "./verdict.ts";

export const question: Question = {
  title: "encoding and decoding a message, CPU",
  peers: ["reef"],
  ask,
};

/** Each with so many different values: with one the optimizer would learn it by heart. A power of two. */
const valuesCount = 1_024;

/** Until the optimizer has seen everything, before anything counts. */
const warmUpOps = 20 * valuesCount;

/** Each round takes turns this often, so that both codecs meet the same moods of the machine. */
const turnsPerRound = 8;

const Address = t.object({ street: t.string(), city: t.string(), country: t.string() });
const Line = t.object({ sku: t.string(), title: t.string(), note: t.string(), count: t.int32() });
const Order = t.object({
  id: t.string(),
  name: t.string(),
  email: t.string(),
  address: Address,
  lines: t.list(Line),
});

const methods = {
  small: method({ input: t.object({ name: t.string(), n: t.int32() }) }),
  order: method({ input: Order }),
};
const unnumbered = contract("codecs", methods);
const { methods: numbered } = contract("codecs", methods, {
  numbers: { codecs: lockNumbers(unnumbered.descriptor) },
});

interface Case {
  readonly name: string;
  readonly message: Message;
  readonly valueAt: (i: number) => unknown;
  /** What of a decoded value is used, which also shows that it is the right one. */
  readonly use: (value: unknown) => number;
  /** CPU time of JSON divided by that of protobuf. */
  readonly ratioAtLeast: number;
}

const cases: readonly Case[] = [
  {
    name: "small",
    message: numbered.small.input,
    valueAt: smallAt,
    // It was decoded from one of `smallAt`.
    use: (value) => (value as ReturnType<typeof smallAt>).name.length,
    ratioAtLeast: 3,
  },
  {
    name: "2 KB",
    message: numbered.order.input,
    valueAt: orderAt,
    use: useOrder,
    // Never worse than JSON, on its best terms: V8 reads and writes strings of JSON in C++.
    ratioAtLeast: 1,
  },
];

interface Measurement {
  readonly message: string;
  readonly codec: string;
  readonly bytes: number;
  readonly cpuUs: number;
}

async function ask({ seconds, rounds, progress }: AskOptions): Promise<Answer> {
  const results: Measurement[] = [];
  const claims: Claim[] = [];
  for (const each of cases) {
    const { json, protobuf } = each.message;
    if (!protobuf) throw new ReefError("internal", `Cannot measure "${each.name}": no numbers`);
    const lanes = [protobuf, json].map((codec) => openLane(each, codec));
    const ratios: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      const cpuUs = measureRound(lanes, seconds);
      ratios.push(cpuUs[1]! / cpuUs[0]!);
      const shown = cpuUs.map((us) => us.toFixed(2)).join(" us, JSON ");
      progress(`round ${round}/${rounds}  ${each.name}  protobuf ${shown} us`);
    }
    for (const { codec, bytes, rounds: measured } of lanes) {
      results.push({ message: each.name, codec: codec.name, bytes, cpuUs: median(measured) });
    }
    const claim = `protobuf against JSON, ${each.name}`;
    const limit = each.ratioAtLeast;
    claims.push({ claim, actual: median(ratios), rule: "at least", limit, unit: "x" });
  }
  return answerOf(results, claims);
}

interface Lane {
  readonly codec: Codec;
  /** Of a message, on average. */
  readonly bytes: number;
  /** So many messages there and back. */
  run(ops: number): void;
  readonly rounds: number[];
}

function openLane({ valueAt, use }: Case, codec: Codec): Lane {
  const values = Array.from({ length: valuesCount }, (_, i) => valueAt(i));
  const uses = values.map(use);
  const sink = new ByteSink();
  let bytes = 0;
  for (const value of values) {
    codec.encode(value, sink);
    bytes += sink.take().length;
  }
  const run = (ops: number): void => {
    for (let i = 0; i < ops; i++) {
      const at = i & (valuesCount - 1);
      sink.at = 0;
      codec.encode(values[at], sink);
      const seen = use(codec.decode(sink.room(0), 0, sink.at));
      if (seen !== uses[at]) throw new ReefError("internal", `Cannot measure: ${seen} came back`);
    }
  };
  run(warmUpOps);
  return { codec, bytes: Math.round(bytes / valuesCount), run, rounds: [] };
}

/** CPU time of an operation of each lane; the same time is spent on each, in turns. */
function measureRound(lanes: readonly Lane[], seconds: number): number[] {
  const turnUs = (seconds * 1e6) / turnsPerRound / lanes.length;
  const spent = lanes.map(() => ({ cpuUs: 0, ops: 0 }));
  for (let turn = 0; turn < turnsPerRound; turn++) {
    for (const [index, lane] of lanes.entries()) {
      const { cpuUs, ops } = measureTurn(lane, turnUs);
      spent[index]!.cpuUs += cpuUs;
      spent[index]!.ops += ops;
    }
  }
  return lanes.map((lane, index) => {
    const { cpuUs, ops } = spent[index]!;
    lane.rounds.push(cpuUs / ops);
    return cpuUs / ops;
  });
}

function measureTurn({ run }: Lane, turnUs: number): { cpuUs: number; ops: number } {
  const before = process.cpuUsage();
  for (let ops = valuesCount; ; ops += valuesCount) {
    run(valuesCount);
    const { user, system } = process.cpuUsage(before);
    if (user + system >= turnUs) return { cpuUs: user + system, ops };
  }
}

function answerOf(results: readonly Measurement[], claims: readonly Claim[]): Answer {
  const header = ["message", "codec", "bytes", "CPU us", "JSON is"];
  const lines = results.map(({ message, codec, bytes, cpuUs }) => {
    const json = results.find((other) => other.message === message && other.codec === "json");
    const ratio = json && codec !== "json" ? `${(json.cpuUs / cpuUs).toFixed(2)} x` : "";
    return [message, codec, String(bytes), cpuUs.toFixed(2), ratio];
  });
  return {
    // The names are those of the other questions, not the house's.
    rows: results.map(({ cpuUs, ...rest }) => ({ ...rest, cpu_us: Number(cpuUs.toFixed(3)) })),
    report: formatTables([header, ...lines], claims.map(verdictOf)),
  };
}

function smallAt(i: number) {
  return { name: `${names[i % names.length]}${i}`, n: i * 7 };
}

/** About 2 KB as JSON, nearly all of it texts, of different lengths and not all of them ASCII. */
function orderAt(i: number) {
  return {
    id: `order-${i}-${(i * 7_919) % 65_536}`,
    name: `${names[i % names.length]} ${i % 9 === 0 ? "Müller" : "Example"}`,
    email: `customer.${i}@mail.example.org`,
    address: { street: `${i % 200} Long Road`, city: "Springfield", country: "NL" },
    lines: Array.from({ length: 16 }, (_, line) => ({
      sku: `SKU-${(i * 31 + line) % 9_973}`,
      title: `Garden chair number ${line} of the series ${i % 37}`,
      note: "leave it with the neighbours, they know about it".slice(0, 8 + ((i + line * 5) % 40)),
      count: (i + line) % 12,
    })),
  };
}

function useOrder(value: unknown): number {
  // It was decoded from one of `orderAt`.
  const { id, email, address, lines } = value as ReturnType<typeof orderAt>;
  let sum = id.length + email.length + address.city.length;
  for (const { title, note, count } of lines) sum += title.length + note.length + count;
  return sum;
}

const names = ["Ann", "Bob", "Chiara", "Dmitri"];
