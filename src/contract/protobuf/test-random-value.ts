/** For tests: random values of a shape. */
import { createRandom } from "../../testing/random.ts";
import { makeDate } from "../precise-date.ts";
import { isRequired, type Definitions } from "../shape-check.ts";
import type { EnumShape, ObjectShape, Shape } from "../shape.ts";

/** The same seed, the same values; `texts` are what texts and keys are taken from. */
export function createValues(
  seed: number,
  definitions: Definitions,
  texts: readonly string[] = oddTexts,
) {
  const random = createRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  // The lists here are never empty.
  const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T;
  const many = (depth: number): number => (depth > 3 ? 0 : below(4));

  function value(shape: Shape, depth: number): unknown {
    switch (shape.kind) {
      case "ref":
        // Each ref names a definition.
        return value(definitions[shape.to] as Shape, depth);
      case "nullable":
        return below(2) === 0 ? null : value(shape.inner, depth);
      case "wrapper":
        return value(shape.inner, depth);
      case "list":
        return Array.from({ length: many(depth) }, () => value(shape.items, depth + 1));
      case "map": {
        const entries = Array.from({ length: many(depth) }, () => {
          const key = shape.keys ? String(value(shape.keys, depth)) : pick(texts);
          return [key, value(shape.values, depth + 1)] as const;
        });
        return Object.fromEntries(entries);
      }
      case "oneof": {
        const [name, variant] = pick(Object.entries(shape.variants));
        return { [name]: value(variant, depth + 1) };
      }
      case "object":
        return object(shape, depth);
      case "json":
        if (shape.as === "struct") return { a: pick(jsons), b: [pick(jsons)] };
        return shape.as === "list" ? [pick(jsons), { x: pick(jsons) }] : pick(jsons);
      case "enum":
        return pick(shape.open ? [...firstNames(shape), 17, -5] : shape.values);
      default:
        return scalar(shape.kind);
    }
  }

  function object(shape: ObjectShape, depth: number): unknown {
    const left = new Map<string, string>();
    for (const group of Object.values(shape.oneofs ?? {})) {
      const kept = pick(group);
      for (const name of group) left.set(name, kept);
    }
    const entries = Object.entries(shape.fields).flatMap(([name, field]) => {
      const mayBeAbsent = !isRequired(field) && !field.implicit;
      if (mayBeAbsent && (depth > 3 || below(2) === 0)) return [];
      if (left.has(name) && left.get(name) !== name) return [];
      return [[name, value(field.shape, depth + 1)] as const];
    });
    return Object.fromEntries(entries);
  }

  function scalar(kind: Shape["kind"]): unknown {
    switch (kind) {
      case "string":
        return pick(texts);
      case "boolean":
        return below(2) === 0;
      case "int32":
        return pick([0, 1, -1, 127, 128, 300, -(2 ** 31), 2 ** 31 - 1]);
      case "uint32":
        return pick([0, 1, 2 ** 31, 2 ** 32 - 1]);
      case "integer":
        return pick([0, 1, -1, 2 ** 31, -(2 ** 40), 2 ** 53 - 1, -(2 ** 53) + 1]);
      case "int64":
        return pick([0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 1_234_567_890_123n]);
      case "uint64":
        return pick([0n, 1n, 2n ** 63n, 2n ** 64n - 1n]);
      case "float":
        return pick([0, 1.5, -2.25, Math.fround(0.1), Math.fround(1e30)]);
      case "double":
        return pick([0, 0.1, -1e300, 5e-324, 12345.678]);
      case "bytes":
        return pick([[], [0], [1, 2, 255], Array.from({ length: 200 }, (_, at) => at)].map(bytes));
      default:
        return makeDate(pick([0, 1, -1, 1_700_000_000_123, -62_135_596_800_000]), below(2) * 456);
    }
  }

  return { value: (shape: Shape): unknown => value(shape, 0), below };
}

/** Those that a reader sees: of two names of one number the first. */
function firstNames({ values, numbers = {} }: EnumShape): string[] {
  return values.filter((name, at) => {
    return values.findIndex((other) => numbers[other] === numbers[name]) === at;
  });
}

function bytes(of: readonly number[]): Uint8Array {
  return Uint8Array.from(of);
}

export const plainTexts: readonly string[] = [
  "",
  "x",
  'a text with "quotes", \\ and\nlines',
  "über 13 letters \u{1f600}",
  "a".repeat(127),
  "b".repeat(128),
  "ü".repeat(100),
];

/** With those that no hurried code gets right. */
const oddTexts = [...plainTexts, "__proto__", "constructor", "\ufffd"];

const jsons: readonly unknown[] = [
  null,
  true,
  0,
  -1.5,
  "",
  "text",
  [],
  {},
  [1, [null, { a: ["x"] }]],
  { nested: { deep: [true] }, "": 1 },
];
