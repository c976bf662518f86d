/** For tests: shapes with everything that protobuf knows; `fixtures/everything.proto` says the same. */
import type { Field, ObjectShape, Shape } from "../shape.ts";

type Fields = {
  readonly [name: string]: readonly [number: number, shape: Shape, more?: Partial<Field>];
};

const optional = { optional: true } as const;
const string: Shape = { kind: "string" };
const int32: Shape = { kind: "int32" };

/** As from a schema. Many of them at once, as one run of protoc is slow whatever it reads. */
export const writtenBatch: ObjectShape = {
  kind: "object",
  fields: { items: { number: 1, shape: listOf({ kind: "ref", to: "Written" }) } },
  definitions: { Written: writtenFields(), Row: row() },
};

/** As from a `.proto`. */
export const protoBatch: ObjectShape = {
  kind: "object",
  protoName: "everything.ProtoBatch",
  fields: {
    items: { number: 1, shape: listOf(ref("everything.Proto")), implicit: true, default: [] },
  },
  definitions: {
    "everything.Proto": protoFields(),
    "google.protobuf.Duration": duration(),
    "google.protobuf.FieldMask": fieldMask(),
  },
};

function row(): Shape {
  return listOf(int32);
}

function writtenFields(): ObjectShape {
  const inner = message({ name: [1, string], n: [2, int32] });
  const maybe: Shape = { kind: "nullable", inner: string };
  const counts: Shape = { kind: "map", values: int32 };
  const color: Shape = { kind: "enum", values: ["RED", "GREEN"], numbers: { RED: 1, GREEN: 2 } };
  return message({
    text: [1, string],
    flag: [2, { kind: "boolean" }],
    small: [3, int32],
    whole: [4, { kind: "integer" }],
    big: [5, { kind: "int64" }],
    real: [6, { kind: "double" }],
    data: [7, { kind: "bytes" }],
    at: [8, { kind: "timestamp" }],
    color: [9, color],
    words: [10, listOf(string)],
    counts: [11, { kind: "map", values: { kind: "integer" } }],
    inner: [12, inner],
    choice: [
      13,
      {
        kind: "oneof",
        variants: { card: inner, cash: string, points: int32, list: ref("Row") },
        numbers: { card: 1, cash: 2, points: 3, list: 4 },
      },
    ],
    maybe: [14, maybe],
    any: [15, { kind: "json" }],
    nick: [16, string, optional],
    level: [17, int32, { default: 7 }],
    rows: [18, listOf(ref("Row"))],
    named_rows: [19, { kind: "map", values: listOf(int32) }],
    optional_row: [20, listOf(int32), optional],
    tree: [2047, ref("Written"), optional],
    colors: [2048, listOf(color)],
    times: [23, listOf({ kind: "timestamp" })],
    inners: [24, listOf(inner)],
    maybes: [25, listOf(maybe)],
    reals: [26, listOf({ kind: "double" })],
    optional_counts: [27, counts, optional],
    anything: [28, listOf({ kind: "json" })],
    list_of_maps: [29, listOf(counts)],
    nullable_row: [30, { kind: "nullable", inner: ref("Row") }, optional],
  });
}

function protoFields(): ObjectShape {
  const word: Shape = {
    kind: "enum",
    values: ["NONE", "ONE", "UNO", "MINUS"],
    numbers: { NONE: 0, ONE: 1, UNO: 1, MINUS: -1 },
    open: true,
  };
  const child = ref("everything.Proto");
  const wrapper = (kind: "string" | "uint64" | "double" | "boolean" | "int32"): Shape => {
    return { kind: "wrapper", inner: { kind } };
  };
  return {
    ...message({
      aInt32: [1, int32, implicit(0)],
      aSint32: [2, { kind: "int32", wire: "zigzag" }, implicit(0)],
      aSfixed32: [3, { kind: "int32", wire: "fixed" }, implicit(0)],
      aUint32: [4, { kind: "uint32" }, implicit(0)],
      aFixed32: [5, { kind: "uint32", wire: "fixed" }, implicit(0)],
      aInt64: [6, { kind: "int64" }, implicit("0")],
      aSint64: [7, { kind: "int64", wire: "zigzag" }, implicit("0")],
      aSfixed64: [8, { kind: "int64", wire: "fixed" }, implicit("0")],
      aUint64: [9, { kind: "uint64" }, implicit("0")],
      aFixed64: [10, { kind: "uint64", wire: "fixed" }, implicit("0")],
      aFloat: [11, { kind: "float" }, implicit(0)],
      aDouble: [12, { kind: "double" }, implicit(0)],
      aBool: [13, { kind: "boolean" }, implicit(false)],
      aString: [14, string, implicit("")],
      aBytes: [15, { kind: "bytes" }, implicit("")],
      word: [16, word, implicit("NONE")],
      maybe: [17, int32, optional],
      maybeText: [18, string, optional],
      packed: [19, listOf({ kind: "int64", wire: "zigzag" }), implicit([])],
      unpacked: [
        20,
        { kind: "list", items: { kind: "uint32", wire: "fixed" }, packed: false },
        implicit([]),
      ],
      words: [21, listOf(word), implicit([])],
      byNumber: [22, { kind: "map", keys: int32, values: string }, implicit({})],
      byFlag: [23, { kind: "map", keys: { kind: "boolean" }, values: child }, implicit({})],
      byBig: [24, { kind: "map", keys: { kind: "uint64" }, values: word }, implicit({})],
      byText: [25, { kind: "map", values: { kind: "bytes" } }, implicit({})],
      child: [26, child, optional],
      choiceText: [27, string, optional],
      choiceNumber: [28, { kind: "uint32" }, optional],
      choiceMessage: [29, child, optional],
      choiceFlag: [30, { kind: "boolean" }, optional],
      wrappedText: [31, wrapper("string"), optional],
      wrappedBig: [32, wrapper("uint64"), optional],
      wrappedReal: [33, wrapper("double"), optional],
      wrappedFlag: [34, wrapper("boolean"), optional],
      struct: [35, { kind: "json", as: "struct" }, optional],
      list: [36, { kind: "json", as: "list" }, optional],
      value: [37, { kind: "json" }, optional],
      time: [38, { kind: "timestamp" }, optional],
      duration: [39, ref("google.protobuf.Duration"), optional],
      mask: [40, ref("google.protobuf.FieldMask"), optional],
      floats: [41, listOf({ kind: "float" }), implicit([])],
      flags: [42, listOf({ kind: "boolean" }), implicit([])],
      children: [43, listOf(child), implicit([])],
      wrappedNumbers: [44, listOf(wrapper("int32")), implicit([])],
    }),
    protoName: "everything.Proto",
    oneofs: { choice: ["choiceText", "choiceNumber", "choiceMessage", "choiceFlag"] },
  };
}

function duration(): ObjectShape {
  const seconds = [1, { kind: "int64" }, implicit("0")] as const;
  const shape = message({ seconds, nanos: [2, int32, implicit(0)] });
  return { ...shape, protoName: "google.protobuf.Duration", wellKnown: "duration" };
}

function fieldMask(): ObjectShape {
  const shape = message({ paths: [1, listOf(string), implicit([])] });
  return { ...shape, protoName: "google.protobuf.FieldMask", wellKnown: "field_mask" };
}

function implicit(zero: unknown): Partial<Field> {
  return { implicit: true, default: zero };
}

function ref(to: string): Shape {
  return { kind: "ref", to };
}

function listOf(items: Shape): Shape {
  return { kind: "list", items };
}

function message(fields: Fields): ObjectShape {
  const entries = Object.entries(fields).map(([name, [number, shape, more]]) => {
    const snake = name.replace(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
    const protoName = snake === name ? {} : { protoName: snake };
    return [name, { shape, number, ...protoName, ...more }] as const;
  });
  return { kind: "object", fields: Object.fromEntries(entries) };
}
