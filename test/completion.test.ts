/** Completion in the real shells, beside a real platform. */
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { openStateFolder, root, runReef, startPlatform } from "./test-command.ts";

/** In the middle of a word a longer pause is felt; this is from sources. */
const answerMs = 500;

/** On a machine that is busy with other tests: as many times what Node itself takes to start there. */
const nodeStartsMax = 10;

let folder: Awaited<ReturnType<typeof openStateFolder>>;
let platform: Awaited<ReturnType<typeof startPlatform>>;
let state: string;

before(async () => {
  folder = await openStateFolder();
  state = join(folder.path, "state");
  // The shells find it under its own name, as its users have it.
  await mkdir(join(folder.path, "bin"));
  await symlink(join(root, "bin/reef.js"), join(folder.path, "bin/reef"));
  await writeFile(join(folder.path, "some file.ndjson"), "");
  platform = await startPlatform(state, [join(root, "test/fixtures/cellar.ts")]);
  await platform.printed(/cellar/);
  await runReef(["store", "put", "a", "1", "--table", "bottles", "--state", state]);
});

after(async () => {
  await platform[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** What is typed, and what the line becomes or what is offered. */
const completed = [
  ["reef vers", "reef version "],
  ["reef cell", "reef cellar "],
  ["reef cellar fi", "reef cellar find "],
  ["reef cellar find --ki", "reef cellar find --kind="],
  ["reef cellar find --kind=wh", "reef cellar find --kind=white "],
  ["reef kill ce", "reef kill cellar "],
  ["reef --json store export bo", "reef --json store export bottles "],
  ["reef store list --table=bo", "reef store list --table=bottles "],
  ["reef store export --fil", "reef store export --file "],
] as const;

test("bash completes words, flags and values", { skip: missing("bash") }, async () => {
  const asked = completed.map(([line]) => ({ line, last: line.split(/[ =]/).at(-1) ?? "" }));
  assert.deepEqual(
    await inBash(asked),
    completed.map(([line, expected], at) => {
      const from = line.length - (asked[at]?.last.length ?? 0);
      return [expected.slice(from).trimEnd()];
    }),
  );
});

test("bash quotes what it inserts, and proposes files", { skip: missing("bash") }, async () => {
  const find = "reef cellar find --kind=";
  assert.deepEqual(
    await inBash([
      { line: find, last: "" },
      { line: `${find}"re`, last: "re" },
      { line: "reef store import --file som", last: "som" },
      { line: "reef cellar ", last: "", type: "63" },
    ]),
    [
      [String.raw`red\ wine`, "white", String.raw`it\'s`],
      ["red wine"],
      ["some file.ndjson"],
      ["find"],
    ],
  );
});

test("fish completes with descriptions", { skip: missing("fish") }, async () => {
  const words = completed.map(([line, expected]) => [line, expected.trimEnd().split(" ").at(-1)]);
  const found = await inFish(completed.map(([line]) => line));
  assert.deepEqual(
    found.map((each, at) => [completed[at]?.[0], each.map(withoutDescription).join(" ")]),
    words,
  );
  const [first, kinds, file, value] = await inFish([
    "reef cellar f",
    "reef cellar find --kind=",
    "reef store import --file so",
    "reef store import --file=so",
  ]);
  assert.deepEqual(first, ["find\tFinds bottles: by kind, by $price"]);
  const described = ["--kind=red wine", "--kind=white", "--kind=it's"];
  assert.deepEqual(kinds?.map(withoutDescription), described);
  assert.deepEqual(file, ["some file.ndjson"]);
  assert.deepEqual(value, ["--file=some file.ndjson"]);
});

test("zsh completes in its line editor", { skip: missing("zsh") }, async () => {
  const lines = [
    ...completed,
    ["reef cellar find --kind=re", String.raw`reef cellar find --kind=red\ wine `],
    ["reef store import --file so", String.raw`reef store import --file some\ file.ndjson `],
    ["reef store import --file=so", String.raw`reef store import --file=some\ file.ndjson `],
  ] as const;
  assert.deepEqual(
    await inZsh(lines.map(([line]) => line)),
    lines.map(([, expected]) => expected),
  );
});

test("the answer is there before a person waits for it, with a platform and without", async () => {
  for (const where of [state, join(folder.path, "nowhere")]) {
    const tookMs: number[] = [];
    const nodeMs: number[] = [];
    for (let round = 0; round < 5; round++) {
      const nodeStartedAt = performance.now();
      await run("node", ["--eval", "0"]);
      const startedAt = performance.now();
      nodeMs.push(startedAt - nodeStartedAt);
      const args = ["__complete", "fish", "--state", where, "cellar", ""];
      const { stdout, stderr } = await run("reef", args);
      tookMs.push(performance.now() - startedAt);
      assert.equal(stderr, "");
      assert.equal(
        stdout,
        where === state ? "words\nfind\tFinds bottles: by kind, by $price\n" : "words\n",
      );
    }
    // One round is enough: the others tell how busy the machine is, and that changes from round to round.
    const isQuick = tookMs.some((ms, round) => {
      return ms < Math.max(answerMs, nodeStartsMax * (nodeMs[round] ?? 0));
    });
    const times = `${tookMs.map(Math.round).join(", ")} ms, node ${nodeMs.map(Math.round).join(", ")}`;
    assert.ok(isQuick, times);
  }
});

interface AskedOfBash {
  readonly line: string;
  /** The last word of it as bash splits it. */
  readonly last: string;
  /** Its COMP_TYPE. @default a Tab */
  readonly type?: string;
}

/** Calls the function as bash does it; the replies to each. */
async function inBash(asked: readonly AskedOfBash[]): Promise<string[][]> {
  const script = `source <(reef completion bash)
    while (( $# )); do
      COMP_LINE=$1 COMP_POINT=\${#1} COMP_TYPE=$3 COMPREPLY=()
      _reef reef "$2" ""
      printf '%s\\n' "\${COMPREPLY[@]}" --
      shift 3
    done`;
  const words = asked.flatMap(({ line, last, type = "9" }) => [line, last, type]);
  const args = ["--noprofile", "--norc", "-c", script, "bash", ...words];
  const { stdout, stderr } = await run("bash", args);
  assert.equal(stderr, "");
  return answersIn(stdout);
}

async function inFish(lines: readonly string[]): Promise<string[][]> {
  const script = `reef completion fish | source
    for line in $argv
      complete -C $line
      printf '%s\\n' --
    end`;
  const { stdout, stderr } = await run("fish", ["--no-config", "-c", script, ...lines]);
  assert.equal(stderr, "");
  return answersIn(stdout);
}

/** Each answer is some lines and one of two dashes. */
function answersIn(output: string): string[][] {
  const answers = output.split("--\n").slice(0, -1);
  return answers.map((answer) => answer.split("\n").slice(0, -1));
}

function withoutDescription(proposed: string): string {
  return proposed.split("\t")[0] ?? "";
}

/** What each line has become behind a Tab, in one zsh with a terminal of its own. */
async function inZsh(lines: readonly string[]): Promise<string[]> {
  const script = `
    zmodload zsh/zpty || exit 3
    zpty shell 'zsh -f -i'
    ask() { zpty -w shell "$1"; zpty -r -m shell answer "*$2*" || exit 4; }
    ask 'PS1= PS2= RPS1=; stty -echo; autoload -U compinit; compinit -D -u; zstyle ":completion:*" menu no' ''
    ask 'source <(reef completion zsh)' ''
    ask 'show() { print -r -- "<<$BUFFER>>"; BUFFER= }; zle -N show; bindkey "^X" show; print re""ady' ready
    for line in "$@"; do
      zpty -w -n shell "$line"$'\\t'$'\\x18'
      zpty -r -m shell answer '*<<*>>*' || exit 5
      answer=\${answer##*<<}
      print -r -- "\${answer%%>>*}"
    done`;
  const { stdout } = await run("zsh", ["-f", "-c", script, "zsh", ...lines]);
  return stdout.replace(/\n$/, "").split("\n");
}

function run(program: string, args: readonly string[]) {
  const path = [join(folder.path, "bin"), join(root, "node_modules/.bin"), process.env.PATH];
  const { NODE_ENV: _env, NODE_TEST_CONTEXT: _context, ...others } = process.env;
  const env = { ...others, PATH: path.join(delimiter), REEF_STATE: state, TERM: "dumb" };
  return promisify(execFile)(program, args, { cwd: folder.path, env, timeout: 110_000 });
}

/** The reason to skip, where a shell is not on this machine. */
function missing(shell: string): string | false {
  const isHere = spawnSync(shell, ["-c", "exit 0"]).status === 0;
  return isHere ? false : `${shell} is not on this machine; npm run test:all installs it`;
}
