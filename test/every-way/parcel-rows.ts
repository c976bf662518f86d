/** What is sent to the service whose contract is from schemas. */
import {
  bugOf,
  echo,
  echoed,
  type Exception,
  fails,
  foreignProtobufWays,
  ownProtobufWays,
  type Row,
  type Written,
} from "./row.ts";

const plain: Written = {
  input: {
    id: "p 1-ü",
    label: "Für Ann 👩‍👩‍👧 漢字",
    fragile: true,
    count: -7,
    total: 9_007_199_254_740_991,
    serial: 9_223_372_036_854_775_807n,
    weight: 0.1,
    photo: new Uint8Array([0, 255, 62, 63]),
    sentAt: new Date("2026-02-03T04:05:06.789Z"),
    color: "green",
    tags: ["a", "", "ü"],
    rows: [[1, -2], [], [3]],
    note: "at noon",
    extras: ["x"],
    pieces: 3,
    sizes: { a: 1, "b c": -9_007_199_254_740_991 },
    from: { city: "Rome", zip: "00100" },
    payment: { cash: { amount: 12.5 } },
    gift: "roses",
    wish: null,
    meta: { list: [1, "two", null, { deep: true }], empty: {} },
  },
  json: {
    id: "p 1-ü",
    label: "Für Ann 👩‍👩‍👧 漢字",
    fragile: true,
    count: -7,
    total: 9_007_199_254_740_991,
    serial: "9223372036854775807",
    weight: 0.1,
    photo: "AP8+Pw==",
    sentAt: "2026-02-03T04:05:06.789Z",
    color: "green",
    tags: ["a", "", "ü"],
    rows: [[1, -2], [], [3]],
    note: "at noon",
    extras: ["x"],
    pieces: 3,
    sizes: { a: 1, "b c": -9_007_199_254_740_991 },
    from: { city: "Rome", zip: "00100" },
    payment: { cash: { amount: 12.5 } },
    gift: "roses",
    wish: null,
    meta: { list: [1, "two", null, { deep: true }], empty: {} },
  },
};

const empty: Written = {
  input: {
    id: "0",
    label: "",
    fragile: false,
    count: 0,
    total: 0,
    serial: 0n,
    weight: 0,
    photo: new Uint8Array(0),
    sentAt: new Date(0),
    color: "red",
    tags: [],
    rows: [],
    extras: [],
    sizes: {},
    from: { city: "" },
    payment: { card: "" },
    gift: null,
    wish: "",
    meta: null,
  },
  json: {
    id: "0",
    label: "",
    fragile: false,
    count: 0,
    total: 0,
    serial: "0",
    weight: 0,
    photo: "",
    sentAt: "1970-01-01T00:00:00.000Z",
    color: "red",
    tags: [],
    rows: [],
    extras: [],
    sizes: {},
    from: { city: "" },
    payment: { card: "" },
    gift: null,
    wish: "",
    meta: null,
  },
};

/** Without some of its fields. */
function without({ input, json }: Written, ...names: string[]): Written {
  const rest = (fields: object) =>
    Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
  return { input: rest(input), json: rest(json) };
}

function withFields({ input, json }: Written, more: object, moreJson = more): Written {
  return { input: { ...input, ...more }, json: { ...json, ...moreJson } };
}

const defaulted = withFields(empty, { pieces: 1 });

export const parcelRows: readonly Row[] = [
  echoed("every kind of field", "parcel", plain),
  echoed("what is empty, zero or null; a default", "parcel", empty, defaulted),
  echoed(
    "what may be absent",
    "parcel",
    without(empty, "extras", "wish"),
    without(defaulted, "extras", "wish"),
  ),
  echoed(
    "the ends of ranges",
    "parcel",
    withFields(
      plain,
      {
        count: -2_147_483_648,
        total: -9_007_199_254_740_991,
        serial: -9_223_372_036_854_775_808n,
        weight: 5e-324,
        sentAt: new Date("1969-12-31T23:59:59.999Z"),
        payment: { card: "1" },
        gift: "",
      },
      {
        count: -2_147_483_648,
        total: -9_007_199_254_740_991,
        serial: "-9223372036854775808",
        weight: 5e-324,
        sentAt: "1969-12-31T23:59:59.999Z",
        payment: { card: "1" },
        gift: "",
      },
    ),
  ),
  echoed(
    "a field that the contract does not know is dropped",
    "parcel",
    withFields(plain, { unheardOf: [1, 2, 3] }),
    plain,
  ),
  fails("a typed error with its data", withFields(plain, { id: "lost" }), {
    code: "not_found",
    message: "The parcel is lost",
    reason: "lost",
    domain: "parcels",
    data: {
      id: "lost",
      serial: 9_223_372_036_854_775_807n,
      photo: new Uint8Array([0, 255, 62, 63]),
      at: new Date("2026-02-03T04:05:06.789Z"),
    },
  }),
  fails("an error without a type", withFields(plain, { id: "closed" }), {
    code: "failed_precondition",
    message: "The office is closed 🌙",
  }),
  bugOf("parcels", withFields(plain, { id: "bug" })),
  fails("an input against a rule", withFields(plain, { count: 1_001 }), {
    code: "invalid_argument",
    message: 'Cannot accept this message: "count" must be at most 1000, is 1001',
    violations: [{ path: "count", message: "must be at most 1000, is 1001" }],
  }),
  missing("a message", "from", "from.city"),
  missing("a scalar", "label", "label", [
    {
      ways: foreignProtobufWays,
      why: "protobuf does not write a scalar that is zero, so one that is absent is zero",
      expected: echo("parcel", withFields(plain, { label: "" })),
    },
  ]),
];

/** A required field that is not there. */
function missing(
  what: string,
  field: string,
  flag: string,
  except: readonly Exception[] = [],
): Row {
  const code = "invalid_argument";
  const violations = [{ path: field, message: "is required" }];
  const rule = `"${field}" is required`;
  const error = { code, message: `Cannot accept this message: ${rule}`, violations };
  return fails(`${what} that is required and absent`, without(plain, field), error, [
    ...except,
    {
      ways: ownProtobufWays,
      why: "protobuf has no form for it, so it is refused before it is sent, and the text says so",
      expected: {
        error: { code, message: `Cannot accept a message for sending: ${rule}`, violations },
      },
    },
    {
      ways: ["reef <service> <method>"],
      why: "whoever types flags is told which one is missing",
      expected: { error: { code, message: `Missing --${flag}` } },
    },
  ]);
}
