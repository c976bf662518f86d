import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { encodeBytes, encodeText } from "./byte-sink.ts";
import { createMessage } from "./create-message.ts";
import { compileProtos } from "./proto/compile-protos.ts";
import { contractFromProto } from "./proto/contract-from-proto.ts";

const fixtures = fileURLToPath(new URL("protobuf/fixtures/", import.meta.url));
const readFixture = async (path: string): Promise<string | undefined> => {
  return path.startsWith("google/") ? undefined : await readFile(join(fixtures, path), "utf8");
};
const files = await compileProtos("forms.proto", readFixture);
const take = contractFromProto(files, "forms.Forms").methods["take"] ?? assert.fail();
const message = createMessage(take.input);
const protobuf = message.protobuf ?? assert.fail();

function read(text: string): unknown {
  const bytes = Buffer.from(text);
  return message.validate(message.json.decode(bytes, 0, bytes.length));
}

const url = "type.googleapis.com";
const any = (type: string, rest: string): string => `{"any":{"@type":"${url}/${type}"${rest}}}`;
const note = `"@type":"${url}/forms.Note"`;

/** Texts that json_format reads or refuses as we do. */
const texts: readonly string[] = [
  '{"any":{}}',
  any("forms.Note", ""),
  any("forms.Note", ',"text":"x","inNumber":7'),
  any("forms.Note", ',"in_number":"7"'),
  any("forms.Note", `,"inner":{${note},"inner":{${note},"text":"deep"}}`),
  any("google.protobuf.Duration", ',"value":"1.5s"'),
  any("google.protobuf.FieldMask", ',"value":"a,bC"'),
  any("google.protobuf.Timestamp", ',"value":"2026-01-31T00:00:00.000000001Z"'),
  any("google.protobuf.Struct", ',"value":{"a":[1,null,{"b":true}]}'),
  any("google.protobuf.Value", ',"value":"x"'),
  any("google.protobuf.ListValue", ',"value":[1]'),
  any("google.protobuf.StringValue", ',"value":"x"'),
  any("google.protobuf.UInt64Value", ',"value":"18446744073709551615"'),
  any("google.protobuf.BoolValue", ',"value":true'),
  any("google.protobuf.BytesValue", ',"value":"AQI="'),
  any("google.protobuf.Empty", ""),
  any("google.protobuf.Any", `,"value":{${note},"text":"in two"}`),
  `{"many":[{},{${note}},{"@type":"${url}/google.protobuf.Int32Value","value":3}]}`,
  `{"any":{"@type":"example.com/x/forms.Note","text":"x"}}`,
  any("forms.Nobody", ""),
  any("forms.Note", ',"text":5'),
  any("forms.Note", ',"inNumber":"x"'),
  any("google.protobuf.Duration", ',"value":"1.5"'),
  any("google.protobuf.Duration", ',"value":{"seconds":1}'),
  '{"any":{"text":"x"}}',
  '{"any":{"@type":5}}',
  '{"any":"x"}',
  ...["0s", "1s", "-1.5s", "0.000000001s", "-0.5s", "315576000000s", "-315576000000s"].map(
    form("duration"),
  ),
  ...["315576000001s", "-315576000001s", "1", "s", "1.5", "1x", "", "1.s1"].map(form("duration")),
  '{"duration":{"seconds":1}}',
  '{"duration":5}',
  ...["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z"].map(form("time")),
  ...["2026-02-28T00:00:00.1+01:00", "2024-02-29T12:00:00-05:30"].map(form("time")),
  ...["0000-01-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-02-29T00:00:00Z"].map(form("time")),
  ...["2026-04-31T00:00:00Z", "2026-01-01T00:00:00", "10000-01-01T00:00:00Z"].map(form("time")),
  ...["2026-01-01T25:00:00Z", "2026-01-01", ""].map(form("time")),
  ...["", "a", "a,bC.dE", "fooBar"].map(form("mask")),
  ...["foo_bar", "a,_b"].map(form("mask")),
  ...["1e3", "1.0", "10e-1", "-2147483648", '"7"', "null"].map(raw("small")),
  ...["1.5", "2147483648", "true", '"x"', '""', '" 1"', '"1 "', "1e10"].map(raw("small")),
  ...["4294967295", "0", "-0"].map(raw("size")),
  ...["-1", "4294967296"].map(raw("size")),
  ...['"9223372036854775807"', '"-9223372036854775808"', "1e3", "5", "1.0"].map(raw("big")),
  ...['"9223372036854775808"', "0.5", "true", '"1x"'].map(raw("big")),
  ...['"18446744073709551615"', "0"].map(raw("huge")),
  ...['"-1"', '"18446744073709551616"'].map(raw("huge")),
  ...["1.5", '"1.5"', '"NaN"', '"-Infinity"', "3.4028234e37", "1e-50", '"1e3"'].map(raw("real32")),
  ...["3.5e38", "-3.5e38", '"x"'].map(raw("real32")),
  ...["1e308", '"Infinity"', '"5e-1"'].map(raw("real")),
  ...["1e309", "-1e309", '"nan"', "[]"].map(raw("real")),
];

/** What the mapping allows and json_format does not, or the other way round, and why we do as we do. */
const different: readonly (readonly [text: string, field: string, value: unknown])[] = [
  // The mapping: an exponent is accepted in quotes, too.
  ['{"small":"1e3"}', "small", 1_000],
  ['{"small":"1.0"}', "small", 1],
  ['{"big":"9.223372036854775807e18"}', "big", 2n ** 63n - 1n],
  ['{"big":"-15e-1"}', "big", undefined],
  ['{"big":"100e-2"}', "big", 1n],
  ['{"huge":"0e999"}', "huge", 0n],
  // json_format takes true for 1.
  ['{"real":true}', "real", undefined],
  // It was rounded before anybody could see it.
  ['{"big":9007199254740993}', "big", undefined],
];

test("JSON of proto3 is read as its mapping says, where json_format reads something else", () => {
  for (const [text, field, value] of different) {
    if (value === undefined) assert.throws(() => read(text), { code: "invalid_argument" }, text);
    else assert.deepEqual((read(text) as Record<string, unknown>)[field], value, text);
  }
});

test("JSON of an Any whose type nobody declares is refused by name, both ways", () => {
  const unknown = {
    code: "invalid_argument",
    message: /Any of "x\/forms.Nobody".*no such message/,
  };
  assert.throws(() => read('{"any":{"@type":"x/forms.Nobody"}}'), unknown);
  const value = { any: { typeUrl: "x/forms.Nobody", value: new Uint8Array([8, 1]) } };
  assert.throws(() => encodeText(message.json, value), unknown);
  // It is passed on where nobody has to know what is inside.
  assert.deepEqual((message.copy(value) as typeof value).any, value.any);
  const inside = { any: { typeUrl: "x/forms.Note", value: new Uint8Array([8]) } };
  assert.throws(() => encodeText(message.json, inside), { code: "invalid_argument" });
});

test("JSON refuses to write what it could not read again", () => {
  const cases: readonly (readonly [value: object, rule: RegExp])[] = [
    [{ duration: { seconds: 315_576_000_001n } }, /"duration" must be a duration/],
    [{ duration: { seconds: 1n, nanos: -1 } }, /"duration" must be .* of one sign/],
    [{ duration: { nanos: 1_000_000_000 } }, /"duration" must be/],
    [{ mask: { paths: ["fooBar"] } }, /"mask" must have names .* in snake_case/],
    [{ mask: { paths: ["foo_1"] } }, /"mask" must have/],
    [{ mask: { paths: ["foo_"] } }, /"mask" must have/],
    [{ mask: { paths: ["a,b"] } }, /"mask" must have/],
    [{ time: new Date(-62_135_596_800_001) }, /"time" must be a timestamp/],
    [{ real32: 3.5e38 }, /"real32" must be a number of 32 bits/],
  ];
  for (const [value, message_] of cases) {
    const expected = { code: "invalid_argument", message: message_ };
    assert.throws(() => encodeText(message.json, value), expected, String(message_));
  }
});

test("defaults that JSON has no number for are those of the file, by every codec", () => {
  const expected = { least: NaN, most: Infinity, count: -9_007_199_254_740_993n };
  const empty = { limits: {} };
  const limits = (value: unknown): unknown => (value as { limits: unknown }).limits;
  const bytes = encodeBytes(protobuf, empty);
  assert.deepEqual(limits(protobuf.decode(bytes, 0, bytes.length)), expected);
  assert.deepEqual(limits(read('{"limits":{}}')), expected);
  assert.deepEqual(limits(message.copy(empty)), expected);
});

const python = "/usr/bin/python3";
const imports = ["-c", "from google.protobuf import json_format"];
const noOracle =
  (spawnSync("protoc", ["--version"]).status !== 0 && "protoc is not installed") ||
  (spawnSync(python, imports).status !== 0 && "python3-protobuf is not installed");

const oracle = `
import json, sys, forms_pb2
from google.protobuf import json_format
from google.protobuf import any_pb2, duration_pb2, empty_pb2, field_mask_pb2, struct_pb2, timestamp_pb2, wrappers_pb2
for text in json.load(sys.stdin):
    try:
        message = json_format.Parse(text, forms_pb2.Form())
        answer = [message.SerializeToString(True).hex(), json_format.MessageToJson(message)]
    except Exception as error:
        answer = None
    print(json.dumps(answer))
`;

test(
  "JSON of each form is read, refused and written as json_format does",
  { skip: noOracle },
  () => {
    const folder = mkdtempSync(join(tmpdir(), "reef-"));
    try {
      const made = [
        `--python_out=${folder}`,
        `--proto_path=${fixtures}`,
        "forms.proto",
        "limits.proto",
      ];
      assert.equal(spawnSync("protoc", made).status, 0);
      const input = JSON.stringify(texts);
      const { stdout, stderr } = spawnSync(python, ["-c", oracle], { cwd: folder, input });
      assert.equal(stderr.toString(), "");
      const answers = stdout.toString().trimEnd().split("\n");
      for (const [index, text] of texts.entries()) {
        // What the program above prints.
        const answer = JSON.parse(answers[index] ?? "") as [hex: string, json: string] | null;
        if (answer === null) {
          assert.throws(() => read(text), { code: "invalid_argument" }, `refused: ${text}`);
          continue;
        }
        const value = read(text);
        assert.equal(Buffer.from(encodeBytes(protobuf, value)).toString("hex"), answer[0], text);
        const written = JSON.parse(encodeText(message.json, value));
        assert.deepEqual(written, JSON.parse(answer[1]), text);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

function form(field: string): (text: string) => string {
  return (text) => JSON.stringify({ [field]: text });
}

function raw(field: string): (json: string) => string {
  return (json) => `{"${field}":${json}}`;
}
