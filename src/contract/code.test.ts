import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createCopy, createReader, createWriter } from "./code-build.ts";
import { createTest } from "./code-check.ts";
import { codeAllowed } from "./code.ts";
import { copyShape } from "./copy.ts";
import { readJson } from "./json-read.ts";
import { toJsonValue } from "./json-write.ts";
import { checkShape } from "./shape-check.ts";
import type { Field, ObjectShape, Shape } from "./shape.ts";

const run = promisify(execFile);

test("codeAllowed is false where the host forbids it, and then the reference passes the same tests", async () => {
  const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  const forbidden = "--disallow-code-generation-from-strings";
  const environment = { ...process.env };
  // The child would take itself for a part of this test run.
  delete environment["NODE_TEST_CONTEXT"];
  const options = { env: environment };
  const probe = `import { codeAllowed } from ${JSON.stringify(here("./code.ts"))}; console.log(codeAllowed)`;
  const args = [forbidden, "--input-type=module", "--eval", probe];
  assert.equal((await run(process.execPath, args, options)).stdout.trim(), "false");
  const files = [
    "./json-codec.test.ts",
    "./create-message.test.ts",
    "./protobuf/decode.test.ts",
    "./protobuf/protobuf-codec.test.ts",
  ].map(here);
  const { stdout } = await run(process.execPath, [forbidden, "--test", ...files], options);
  assert.match(stdout, /fail 0/);
  assert.doesNotMatch(stdout, /tests 0/);
});

describe("generated code", { skip: !codeAllowed && "code generation is forbidden" }, () => {
  for (let seed = 1; seed <= 60; seed++) {
    test(`agrees with the reference on random shapes and values, seed ${seed}`, () => {
      const random = new Random(seed);
      const shape = randomMessage(random);
      const definitions = shape.definitions ?? {};
      const [accepts, write] = [createTest(shape, definitions), createWriter(shape, definitions)];
      const [read, copy] = [createReader(shape, definitions), createCopy(shape, definitions)];
      for (let round = 0; round < 40; round++) {
        const value = random.value(shape, definitions, round % 2 === 1);
        const isValid = checkShape(shape, value, definitions).length === 0;
        assert.equal(accepts(value), isValid, "test");
        if (round % 2 === 0) assert.ok(isValid, "the generator makes valid values");
        const json = outcome(() => toJsonValue(shape, value, definitions));
        assert.deepEqual(
          outcome(() => plain(write(value))),
          plainOutcome(json),
          "write",
        );
        assert.deepEqual(
          outcome(() => copy(value)),
          outcome(() => copyShape(shape, value, definitions)),
          "copy",
        );
        if (!("value" in json)) continue;
        const text = JSON.stringify(json.value);
        const parse = (): unknown => JSON.parse(text);
        const seen = readJson(shape, parse(), definitions);
        assert.deepEqual(read(parse()), seen, "read");
        assert.deepEqual(copy(value), seen, "copy is read after write");
      }
    });
  }
});

type Outcome = { readonly value: unknown } | { readonly error: string };

function outcome(run: () => unknown): Outcome {
  try {
    return { value: run() };
  } catch (error) {
    return { error: String(error) };
  }
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function plainOutcome(result: Outcome): Outcome {
  return "value" in result ? { value: plain(result.value) } : result;
}

/** Names that would do harm if they reached code, a prototype or a label. */
const names = [
  "name",
  "a b",
  "__proto__",
  "constructor",
  "toString",
  "length",
  'x"];process.exit(7);//',
  "`${process.exit(7)}`",
  "\u2028\n\\",
  "*/",
  "v",
  "d",
];

function randomMessage(random: Random): ObjectShape {
  const tree = random.object(2, ["Tree"]);
  const message = random.object(0, ["Tree"]);
  // The definition is reached through lists and optional fields only, so that values of it are finite.
  return { ...message, definitions: { Tree: tree } };
}

/** Mulberry32: small, and the same everywhere. */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed * 0x9e3779b9;
  }

  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let x = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) % limit;
  }

  pick<T>(items: readonly T[]): T {
    // The lists here are never empty.
    return items[this.below(items.length)] as T;
  }

  object(depth: number, refs: readonly string[]): ObjectShape {
    const fields: [string, Field][] = [];
    for (const name of names) {
      if (this.below(3) > 0) continue;
      const shape = this.shape(depth + 1, refs);
      const kind = this.below(3);
      const isRef = JSON.stringify(shape).includes('"ref"');
      if (kind === 0 && !isRef) {
        fields.push([
          name,
          { shape, default: plain(toJsonValue(shape, this.value(shape, {}, false))) },
        ]);
      } else fields.push([name, { shape, ...((kind === 1 || isRef) && { optional: true }) }]);
    }
    return { kind: "object", fields: Object.fromEntries(fields) };
  }

  shape(depth: number, refs: readonly string[]): Shape {
    const scalars = [
      "string",
      "boolean",
      "int32",
      "uint32",
      "integer",
      "int64",
      "uint64",
      "float",
      "double",
      "bytes",
      "timestamp",
      "json",
    ] as const;
    switch (this.below(depth > 3 ? 10 : 18)) {
      case 8:
        return { kind: "enum", values: ["red", "blue"], numbers: { red: 0, blue: -1 }, open: true };
      case 9:
        return { kind: "enum", values: ["red", 'gr"een'] };
      case 10:
        return { kind: "list", items: this.shape(depth + 1, refs) };
      case 11:
        return { kind: "map", values: this.shape(depth + 1, refs) };
      case 12:
        return this.object(depth, refs);
      case 13:
        return {
          kind: "oneof",
          variants: {
            card: this.shape(depth + 1, []),
            __proto: { kind: "string" },
            ["__proto__"]: { kind: "int32" },
          },
        };
      case 14:
        return refs.length > 0
          ? { kind: "ref", to: this.pick(refs) }
          : { kind: "string", minLength: 1 };
      case 15:
        return { kind: "nullable", inner: this.shape(9, []) };
      case 16:
        return { kind: "wrapper", inner: { kind: this.pick(["string", "uint64", "float"]) } };
      case 17:
        return { kind: "map", keys: { kind: "int32" }, values: this.shape(depth + 1, refs) };
      default:
        return { kind: this.pick(scalars) };
    }
  }

  /** A valid value, or with `odd` one in which some places hold something else. */
  value(
    shape: Shape,
    definitions: { readonly [name: string]: Shape },
    odd: boolean,
    depth = 0,
  ): unknown {
    if (odd && this.below(12) === 0) return this.pick(oddValues)();
    const inside = (inner: Shape): unknown => this.value(inner, definitions, odd, depth + 1);
    switch (shape.kind) {
      case "string":
        return this.pick([
          "x",
          'a longer text with ü, \ud83d\ude00 and "quotes"',
          "\ud800",
          "line\n",
        ]);
      case "enum":
        return this.pick(shape.open ? [...shape.values, 7] : shape.values);
      case "boolean":
        return this.below(2) === 0;
      case "int32":
      case "integer":
        return this.pick([0, -1, 2_147_483_647, 42]);
      case "uint32":
        return this.pick([0, 4_294_967_295]);
      case "uint64":
        return this.pick([0n, 2n ** 64n - 1n]);
      case "float":
        return this.pick([0, 1.5, Math.fround(0.1), Number.NaN, Number.NEGATIVE_INFINITY]);
      case "double":
        return this.pick([0, -0, 1.5, 1e21, -1e-7]);
      case "int64":
        return this.pick([0n, -(2n ** 63n), 2n ** 63n - 1n]);
      case "bytes":
        return this.pick([new Uint8Array(), new Uint8Array([1, 2, 255]), Buffer.from("hello")]);
      case "timestamp":
        return new Date(this.pick([0, 1_700_000_000_123, -1]));
      case "json":
        return this.pick([
          null,
          1,
          "x",
          [1, [2, { a: null }]],
          JSON.parse('{"__proto__":{"x":1}}'),
        ]);
      case "nullable":
        return this.below(2) === 0 ? null : inside(shape.inner);
      case "wrapper":
        return inside(shape.inner);
      case "list":
        return Array.from({ length: depth > 8 ? 0 : this.below(3) }, () => inside(shape.items));
      case "map":
        return Object.fromEntries(
          Array.from({ length: depth > 8 ? 0 : this.below(3) }, () => [
            this.pick(shape.keys ? ["0", "-17"] : names),
            inside(shape.values),
          ]),
        );
      case "oneof": {
        const [name, variant] = this.pick(Object.entries(shape.variants));
        return Object.fromEntries([[name, inside(variant)]]);
      }
      case "ref":
        return inside(definitions[shape.to] ?? { kind: "json" });
      case "object":
        return Object.fromEntries(
          Object.entries(shape.fields).flatMap(([name, field]) => {
            const mayBeAbsent = field.optional === true || field.default !== undefined;
            if (mayBeAbsent && (depth > 6 || this.below(2) === 0)) return [];
            return [[name, inside(field.shape)] as const];
          }),
        );
    }
  }
}

const oddValues: readonly (() => unknown)[] = [
  () => undefined,
  () => null,
  () => Number.NaN,
  () => Number.POSITIVE_INFINITY,
  () => "2026-13-45T00:00:00Z",
  () => 2 ** 53,
  () => 2 ** 31,
  () => 2n ** 64n,
  () => "12",
  () => ({}),
  () => ({ secret: "undeclared", card: 1, ["__proto__"]: 2 }),
  () => [undefined, 1],
  () => new Date(Number.NaN),
  () => new Date(1e15),
  () => new Uint8Array(3),
  () => () => 1,
  () => Symbol("s"),
];
