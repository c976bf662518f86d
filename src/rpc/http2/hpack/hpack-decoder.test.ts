import assert from "node:assert/strict";
import { test } from "node:test";

import { HpackDecoder, type HpackLimits } from "./hpack-decoder.ts";
import { HpackError } from "./hpack-error.ts";

const generous = { tableBytes: 4_096, listBytes: 65_536, headersMax: 1_000 };
const open = (limits: Partial<HpackLimits> = {}) =>
  new HpackDecoder<object>({ ...generous, ...limits });
const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");
const read = (decoder: HpackDecoder<object>, text: string) => decoder.decode(hex(text)).fields;

const get = [":method", "GET", ":scheme", "http", ":path", "/", ":authority", "www.example.com"];
const secure = [":method", "GET", ":scheme", "https", ":path", "/index.html"];
const requests = [
  get,
  [...get, "cache-control", "no-cache"],
  [...secure, ":authority", "www.example.com", "custom-key", "custom-value"],
];

test("HpackDecoder reads the single fields of RFC 7541, C.2", () => {
  assert.deepEqual(
    read(open(), "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572"),
    ["custom-key", "custom-header"],
  );
  assert.deepEqual(read(open(), "040c 2f73 616d 706c 652f 7061 7468"), [":path", "/sample/path"]);
  assert.deepEqual(read(open(), "1008 7061 7373 776f 7264 0673 6563 7265 74"), [
    "password",
    "secret",
  ]);
  assert.deepEqual(read(open(), "82"), [":method", "GET"]);
});

test("HpackDecoder reads the requests of RFC 7541, C.3 and C.4, plain and by Huffman's code", () => {
  const plain = [
    "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
    "8286 84be 5808 6e6f 2d63 6163 6865",
    "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
  ];
  const huffman = [
    "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
    "8286 84be 5886 a8eb 1064 9cbf",
    "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
  ];
  for (const blocks of [plain, huffman]) {
    const decoder = open();
    assert.deepEqual(
      blocks.map((block) => read(decoder, block)),
      requests,
    );
  }
});

test("HpackDecoder reads the answers of RFC 7541, C.5 and C.6, for which its table forgets", () => {
  const date = "Mon, 21 Oct 2013 20:13:21 GMT";
  const place = ["location", "https://www.example.com"];
  const cookie = "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1";
  const answers = [
    [":status", "302", "cache-control", "private", "date", date, ...place],
    [":status", "307", "cache-control", "private", "date", date, ...place],
    [":status", "200", "cache-control", "private", "date", date.replace("21 GMT", "22 GMT")]
      .concat(place)
      .concat("content-encoding", "gzip", "set-cookie", cookie),
  ];
  const plain = [
    "4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120" +
      "474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
    "4803 3330 37c1 c0bf",
    "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970" +
      "7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61" +
      "6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31",
  ];
  const huffman = [
    "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718" +
      "63c7 8f0b 97c8 e9ae 82ae 43d3",
    "4883 640e ffc1 c0bf",
    "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7" +
      "b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07",
  ];
  for (const blocks of [plain, huffman]) {
    const decoder = open({ tableBytes: 256 });
    assert.deepEqual(
      blocks.map((block) => read(decoder, block)),
      answers,
    );
  }
});

test("HpackDecoder refuses what RFC 7541 calls an error, and says it as an HpackError", () => {
  const wrong = {
    "number 0": "80",
    "a number behind the table": "be",
    "the name of a number behind the table": "7e 0161",
    "a number that is too long": "ffffffffffff0f",
    "a text that is longer than its block": "00 0561",
    "a text that is missing": "00 0161",
    "a name that is missing": "40",
    "a table that is larger than allowed": "3fe21f",
    "a new size behind a field": "82 20",
    "a third new size": "20 20 20",
    // "a" and what is no beginning of the end's code; more than 7 bits of it; the end itself.
    "a wrong padding": "00 8118 0161",
    "a long padding": "00 821fff 0161",
    "the end": "00 84ffffffff 0161",
    "a padding and nothing else": "00 81ff 0161",
  };
  for (const [what, block] of Object.entries(wrong)) {
    assert.throws(() => read(open(), block), HpackError, what);
  }
  assert.deepEqual(read(open(), "00 811f 0161"), ["a", "a"]);
});

test("HpackDecoder follows a table that shrinks, and lets it grow no more", () => {
  const decoder = open();
  assert.deepEqual(read(decoder, "4001610162"), ["a", "b"]);
  decoder.setTableBytes(0);
  // This peer has not shrunk it yet, or never will.
  assert.deepEqual(read(decoder, "be"), ["a", "b"]);
  assert.deepEqual(read(decoder, "20 4001610162"), ["a", "b"]);
  assert.throws(() => read(decoder, "be"), HpackError);
  assert.throws(() => read(decoder, "21"), HpackError);
});

test("HpackDecoder empties its table for a field that is longer than it", () => {
  const decoder = open({ tableBytes: 64 });
  assert.deepEqual(read(decoder, "4001610162 be"), ["a", "b", "a", "b"]);
  assert.equal(read(decoder, `400161 1f${"62".repeat(31)} be`).length, 4);
  read(decoder, `400161 20${"62".repeat(32)}`);
  assert.throws(() => read(decoder, "be"), HpackError);
});

test("HpackDecoder reports a list over its limits, and still learns what the block adds", () => {
  const decoder = open({ listBytes: 100, headersMax: 3 });
  const empty = { fields: [], tooLarge: true };
  const { fields, tooLarge } = decoder.decode(hex("82 82 82 82 4001610162"));
  assert.deepEqual({ fields, tooLarge }, empty);
  assert.deepEqual(read(decoder, "be"), ["a", "b"]);
  // 32 bytes beside the text of each: 10 + 32 and 26 + 32.
  const just = decoder.decode(hex(`82 00016119${"62".repeat(25)}`));
  assert.deepEqual([just.listBytes, just.tooLarge], [100, false]);
  assert.equal(decoder.decode(hex(`82 0001611a${"62".repeat(26)}`)).tooLarge, true);
});

test("HpackDecoder keeps no text of a bomb that names a large field again and again", () => {
  const decoder = open({ listBytes: 16_384 });
  const large = Buffer.concat([hex("400161 7fa11e"), Buffer.alloc(4_000, "x")]);
  const bomb = Buffer.concat([large, Buffer.alloc(1_000_000, 0xbe)]);
  const list = decoder.decode(bomb);
  assert.equal(list.tooLarge, true);
  assert.deepEqual(list.fields, []);
  assert.ok(list.listBytes < 2 * 16_384, `${list.listBytes} were counted`);
});

test("HpackDecoder gives the same list for the same block, unless a table is in it", () => {
  const decoder = open();
  const first = hex("82 0001610162");
  const second = Buffer.concat([hex("ff"), first, hex("ff")]);
  decoder.decode(first);
  const list = decoder.decode(first);
  list.memo = {};
  assert.equal(decoder.decode(second, 1, 1 + first.length), list);
  assert.deepEqual(list.fields, [":method", "GET", "a", "b"]);
  assert.notEqual(decoder.decode(hex("82 0001610163")), list);
  const adds = hex("4001610162");
  assert.notEqual(decoder.decode(adds), decoder.decode(adds));
  assert.deepEqual(read(decoder, "bf"), ["a", "b"]);
  const refers = hex("be");
  decoder.decode(refers);
  decoder.decode(refers);
  read(decoder, "4001610163");
  assert.deepEqual(decoder.decode(refers).fields, ["a", "c"]);
});

test("HpackDecoder tells a plain text from one by Huffman's code that has the same bytes", () => {
  const decoder = open();
  for (let n = 0; n < 3; n += 1) {
    assert.deepEqual(read(decoder, "00 0161 0130"), ["a", "0"]);
    assert.deepEqual(read(decoder, "00 8107 0130"), ["0", "0"]);
    assert.deepEqual(read(decoder, "00 0107 0130"), ["\u0007", "0"]);
  }
});
