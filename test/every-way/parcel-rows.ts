/** What is sent to the service whose contract is from schemas. */
import { type Code, codes } from "../../src/core/errors.ts";
import { said } from "./beside.ts";
import {
  bugOf,
  echo,
  echoed,
  type Exception,
  fails,
  foreignProtobufWays,
  gatewayWays,
  headerWays,
  ownProtobufWays,
  type Row,
  type Written,
} from "./row.ts";
import { failureOf } from "./outcome.ts";

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

const hard = {
  label: '\0 \u2028 \\ " </script> %41 \uFEFF \r\n',
  tags: ["constructor", "__proto__", "\u{10FFFF}"],
  sizes: { constructor: 1, "": 2, "1": 3, ключ: 4 },
  note: "\uFEFF",
  meta: { "": [], "a.b": "\u007F" },
};

const long = "ü🌙".repeat(50_000);

/** In details of gRPC there is room for 3.5 KB. */
const large = new Uint8Array(6_000).fill(7);

const lost = {
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
};

/** What outsiders read in the place of a text that may say what is inside. */
const hidden: { readonly [code: string]: string } = {
  unknown: "Something went wrong inside; the log has the details under this request id",
  internal: "Something went wrong inside; the log has the details under this request id",
  data_loss: "Something went wrong inside; the log has the details under this request id",
  unavailable: "The service cannot be reached now; try again",
};

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
  echoed("texts that are hard to write", "parcel", withFields(plain, hard)),
  echoed("a message of many frames", "parcel", withFields(plain, { from: { city: long } })),
  echoed(
    "a field that the contract does not know is dropped",
    "parcel",
    withFields(plain, { unheardOf: [1, 2, 3] }),
    plain,
  ),
  fails("a typed error with its data", withFields(plain, { id: "lost" }), lost),
  beside(echoed("what goes beside an answer", "parcel", withFields(plain, { id: "beside" }))),
  beside(
    fails("what goes beside a typed error", withFields(plain, { id: "lost beside" }), {
      ...lost,
      data: { ...lost.data, id: "lost beside" },
    }),
  ),
  fails("an error without a type", withFields(plain, { id: "closed" }), {
    code: "failed_precondition",
    message: "The office is closed 🌙",
  }),
  ...codes.map(codeRow),
  fails(
    "a typed error with more data than fits into headers",
    withFields(
      plain,
      { id: "lost", photo: large },
      { id: "lost", photo: Buffer.from(large).toString("base64") },
    ),
    { ...lost, data: { ...lost.data, photo: large } },
    [
      {
        ways: headerWays,
        why: "peers take 8 KiB of all headers and trailers, so data that is longer stays behind",
        expected: { error: failureOf({ ...lost, data: undefined }) },
      },
    ],
  ),
  bugOf("parcels", withFields(plain, { id: "bug" })),
  fails("an input against a rule", withFields(plain, { count: 1_001 }), {
    code: "invalid_argument",
    message: 'Cannot accept this message: "count" must be at most 1000, is 1001',
    violations: [{ path: "count", message: "must be at most 1000, is 1001" }],
  }),
  fails(
    "an input against several rules",
    withFields(plain, { count: 2_000, rows: [[1], [2, 10]] }),
    {
      code: "invalid_argument",
      message: 'Cannot accept this message: "count" must be at most 1000, is 2000 (and 1 more)',
      violations: [
        { path: "count", message: "must be at most 1000, is 2000" },
        { path: "rows[1][1]", message: "must be at most 9, is 10" },
      ],
    },
  ),
  missing("a message", "from", "from.city"),
  missing("a scalar", "label", "label", [
    {
      ways: foreignProtobufWays,
      why: "protobuf does not write a scalar that is zero, so one that is absent is zero",
      expected: echo("parcel", withFields(plain, { label: "" })),
    },
  ]),
];

/** The handler says more than its answer. */
function beside(row: Row): Row {
  const { expected } = row;
  const why = "a command shows the answer alone";
  const ways = ["reef call", "reef <service> <method>"];
  return {
    ...row,
    expected: { ...expected, beside: said },
    except: [{ ways, why, expected }],
  };
}

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

function codeRow(code: Code): Row {
  const error = { code, message: `100 % ${code}:\nsee "§ 1", line 2` };
  const message = hidden[code];
  return fails(`the code ${code}`, withFields(plain, { id: `say ${code}` }), error, [
    {
      ways: message === undefined ? [] : gatewayWays,
      why: "texts of these codes may say what is inside, so the gateway has its own",
      expected: { error: { code, message: message ?? "" } },
    },
  ]);
}
