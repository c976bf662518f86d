import assert from "node:assert/strict";
import { test } from "node:test";
import { parseOptions } from "./options.ts";

test("parseOptions() has a default for everything", () => {
  assert.deepEqual(parseOptions([]), {
    questions: [],
    json: false,
    help: false,
    seconds: 2,
    rounds: 3,
    only: undefined,
    concurrency: undefined,
  });
});

test("parseOptions() reads questions and options in any order", () => {
  const args = ["--json", "rpc", "--seconds", "0.5", "--rounds=5", "--only", "reef,nest-tcp"];
  assert.deepEqual(parseOptions([...args, "--concurrency", "1,256", "payload"]), {
    questions: ["rpc", "payload"],
    json: true,
    help: false,
    seconds: 0.5,
    rounds: 5,
    only: ["reef", "nest-tcp"],
    concurrency: [1, 256],
  });
});

const refused: readonly (readonly [args: string[], says: RegExp])[] = [
  [["--seconds", "fast"], /--seconds: it must be a number above 0.*"fast"/],
  [["--seconds", "0"], /--seconds.*"0"/],
  [["--seconds", ""], /--seconds.*""/],
  [["--seconds", "2000"], /up to 600.*"2000"/],
  [["--rounds", "1.5"], /--rounds: it must be a whole number.*"1.5"/],
  [["--concurrency", "1,many"], /--concurrency.*"many"/],
  [["--concurrency", "1,"], /--concurrency.*""/],
  [["--fast"], /--fast/],
];
for (const [args, says] of refused) {
  test(`parseOptions() refuses ${args.join(" ")}`, () => {
    assert.throws(() => parseOptions(args), { code: "invalid_argument", message: says });
  });
}
