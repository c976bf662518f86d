/** What is sent to the service whose contract is a `.proto`. */
import { bugOf, echoed, fails, type Row, type Written } from "./row.ts";

const plain: Written = {
  input: {
    id: "p 1-ü",
    label: "Für Ann 👩‍👩‍👧 漢字",
    fragile: true,
    count: -2_147_483_648,
    total: 4_294_967_295,
    serial: 9_223_372_036_854_775_807n,
    offset: -9_223_372_036_854_775_808n,
    code: 18_446_744_073_709_551_615n,
    weight: 5e-324,
    share: 0.5,
    photo: new Uint8Array([0, 255, 62, 63]),
    sentAt: new Date("2026-02-03T04:05:06.789Z"),
    timeLeft: { seconds: 3n, nanos: 500_000_000 },
    color: "COLOR_GREEN",
    tags: ["a", "", "ü"],
    row: [1, -2],
    note: "at noon",
    pieces: 3,
    sizes: { a: 1n, "b c": -9_007_199_254_740_993n },
    places: { "-1": { city: "Rome", zip: "00100" }, "7": { city: "" } },
    from: { city: "Oslo", zip: "" },
    pickUp: { city: "Bern" },
    gift: "roses",
    wish: 9_007_199_254_740_993n,
    meta: [1, "two", null, { deep: true }],
    settings: { a: { b: [] }, c: null },
  },
  json: {
    id: "p 1-ü",
    label: "Für Ann 👩‍👩‍👧 漢字",
    fragile: true,
    count: -2_147_483_648,
    total: 4_294_967_295,
    serial: "9223372036854775807",
    offset: "-9223372036854775808",
    code: "18446744073709551615",
    weight: 5e-324,
    share: 0.5,
    photo: "AP8+Pw==",
    sentAt: "2026-02-03T04:05:06.789Z",
    timeLeft: "3.500s",
    color: "COLOR_GREEN",
    tags: ["a", "", "ü"],
    row: [1, -2],
    note: "at noon",
    pieces: 3,
    sizes: { a: "1", "b c": "-9007199254740993" },
    places: { "-1": { city: "Rome", zip: "00100" }, "7": {} },
    from: { city: "Oslo", zip: "" },
    pickUp: { city: "Bern" },
    gift: "roses",
    wish: "9007199254740993",
    meta: [1, "two", null, { deep: true }],
    settings: { a: { b: [] }, c: null },
  },
};

const nothing: Written = { input: { id: "0" }, json: { id: "0" } };

/** What proto3 has in the place of what was not said. */
const zeros = {
  label: "",
  fragile: false,
  count: 0,
  total: 0,
  serial: 0n,
  offset: 0n,
  code: 0n,
  weight: 0,
  share: 0,
  photo: new Uint8Array(0),
  color: "COLOR_UNSPECIFIED",
  tags: [],
  row: [],
  sizes: {},
  places: {},
};

function withFields({ input, json }: Written, more: object, moreJson = more): Written {
  return { input: { ...input, ...more }, json: { ...json, ...moreJson } };
}

export const letterRows: readonly Row[] = [
  echoed("every kind of field", "letter", plain),
  echoed("what is absent is zero or absent", "letter", nothing, {
    input: { ...zeros, id: "0" },
    json: { id: "0" },
  }),
  echoed(
    "what is zero and said nevertheless",
    "letter",
    withFields(
      nothing,
      { note: "", pieces: 0, from: {}, card: "", gift: "", wish: 0n, meta: null, settings: {} },
      { note: "", pieces: 0, from: {}, card: "", gift: "", wish: "0", meta: null, settings: {} },
    ),
    {
      input: {
        ...zeros,
        id: "0",
        note: "",
        pieces: 0,
        from: { city: "" },
        card: "",
        gift: "",
        wish: 0n,
        meta: null,
        settings: {},
      },
      json: {
        id: "0",
        note: "",
        pieces: 0,
        from: {},
        card: "",
        gift: "",
        wish: "0",
        meta: null,
        settings: {},
      },
    },
  ),
  echoed("a number of an enum that has no name", "letter", withFields(plain, { color: 77 })),
  echoed(
    "numbers that JSON has no digits for",
    "letter",
    withFields(
      plain,
      { weight: NaN, share: -Infinity, pieces: -2_147_483_648 },
      { weight: "NaN", share: "-Infinity", pieces: -2_147_483_648 },
    ),
  ),
  echoed(
    "a field that the contract does not know is dropped",
    "letter",
    withFields(plain, { unheardOf: [1, 2, 3] }),
    plain,
  ),
  fails("an error with a reason and data", withFields(nothing, { id: "lost" }), {
    code: "not_found",
    message: "The letter is lost",
    reason: "lost",
    domain: "letters",
    data: { id: "lost", days: 3 },
  }),
  fails("an error without a type", withFields(nothing, { id: "closed" }), {
    code: "failed_precondition",
    message: "The office is closed 🌙",
  }),
  bugOf("letters", withFields(nothing, { id: "bug" })),
];
