/** Completion in the real shells, beside a real platform. */
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { openStateFolder, root, runReef, startPlatform } from "./test-command.ts";

/** In the middle of a word a longer pause is felt; more on a machine that is busy with tests and runs from sources. */
const answerMs = 500;

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
  for (const [line, expected] of completed) {
    const last = line.split(/[ =]/).at(-1) ?? "";
    const { replies } = await inBash(line, last);
    assert.deepEqual(replies, [expected.slice(line.length - last.length).trimEnd()], line);
  }
});

test("bash quotes what it inserts, and proposes files", { skip: missing("bash") }, async () => {
  const find = "reef cellar find --kind=";
  const { replies } = await inBash(find, "");
  assert.deepEqual(replies, [String.raw`red\ wine`, "white", String.raw`it\'s`]);
  assert.deepEqual((await inBash(`${find}"re`, "re")).replies, ["red wine"]);
  assert.deepEqual((await inBash("reef store import --file som", "som")).replies, [
    "some file.ndjson",
  ]);
  const list = await inBash("reef cellar ", "", "63");
  assert.deepEqual(list.replies, ["find"]);
});

test("fish completes with descriptions", { skip: missing("fish") }, async () => {
  for (const [line, expected] of completed) {
    const found = await inFish(line);
    const word = expected.trimEnd().split(" ").at(-1);
    assert.deepEqual(
      found.map((each) => each.split("\t")[0]),
      [word],
      line,
    );
  }
  assert.deepEqual(await inFish("reef cellar f"), ["find\tFinds bottles: by kind, by $price"]);
  const kinds = (await inFish("reef cellar find --kind=")).map((each) => each.split("\t")[0]);
  assert.deepEqual(kinds, ["--kind=red wine", "--kind=white", "--kind=it's"]);
  assert.deepEqual(await inFish("reef store import --file so"), ["some file.ndjson"]);
  assert.deepEqual(await inFish("reef store import --file=so"), ["--file=some file.ndjson"]);
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
    for (let round = 0; round < 5; round++) {
      const startedAt = performance.now();
      const args = ["__complete", "fish", "--state", where, "cellar", ""];
      const { stdout, stderr } = await run("reef", args);
      tookMs.push(performance.now() - startedAt);
      assert.equal(stderr, "");
      assert.equal(
        stdout,
        where === state ? "words\nfind\tFinds bottles: by kind, by $price\n" : "words\n",
      );
    }
    // The quickest: the others tell how busy the machine is.
    assert.ok(Math.min(...tookMs) < answerMs, `${tookMs.map(Math.round).join(", ")} ms`);
  }
});

/** Calls the function as bash does it; `type` is its COMP_TYPE. */
async function inBash(line: string, last: string, type = "9") {
  const script = `source <(reef completion bash)
    COMP_LINE=$1 COMP_POINT=\${#1} COMP_TYPE=$3
    _reef reef "$2" ""
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const args = ["--noprofile", "--norc", "-c", script, "bash", line, last, type];
  const { stdout, stderr } = await run("bash", args);
  assert.equal(stderr, "");
  return { replies: stdout.trimEnd().split("\n") };
}

async function inFish(line: string): Promise<string[]> {
  const script = "reef completion fish | source; complete -C $argv[1]";
  const { stdout, stderr } = await run("fish", ["--no-config", "-c", script, line]);
  assert.equal(stderr, "");
  return stdout.trimEnd().split("\n");
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
  return promisify(execFile)(program, args, { cwd: folder.path, env, timeout: 60_000 });
}

/** The reason to skip, where a shell is not on this machine. */
function missing(shell: string): string | false {
  const isHere = spawnSync(shell, ["-c", "exit 0"]).status === 0;
  return isHere ? false : `${shell} is not on this machine; npm run test:all installs it`;
}
