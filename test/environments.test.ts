/**
 * Two platforms of one machine, one of them as another environment behind its proxy: what a person types to go from one
 * to the other, to log in, and what is said when that goes wrong.
 */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  type Finished,
  openStateFolder,
  root,
  runReef,
  startPlatform,
  startReef,
} from "./test-command.ts";

const annsSecret = "correct horse battery";

let folder: Awaited<ReturnType<typeof openStateFolder>>;
let here: Awaited<ReturnType<typeof startPlatform>>;
let there: Awaited<ReturnType<typeof startPlatform>>;
/** Of a person's shell, whose own platform is `local`. */
let shell: NodeJS.ProcessEnv;
let staging: string;

before(async () => {
  folder = await openStateFolder();
  const far = join(folder.path, "there");
  const home = join(folder.path, "home");
  shell = { HOME: home, XDG_CONFIG_HOME: "", XDG_STATE_HOME: folder.path, NO_COLOR: "1" };
  const program = join(root, "examples/hello/greeter.ts");
  [here, there] = await Promise.all([
    startPlatform(join(folder.path, "reef")),
    startPlatform(far, [program, "--tls-own"]),
  ]);
  await there.printed(/reef is ready/);
  staging = String(/gRPC {2}(https:\S+)/.exec(there.output())?.[1]);
  const ca = join(far, "tls", "ca.pem");
  await succeed("env", "add", "staging", staging);
  assert.match(await fail("services", "--env", "staging"), /certificate; add it again with --ca/);
  await succeed("env", "delete", "staging");
  await succeed("env", "add", "staging", staging, "--ca", ca);
  const owner = await readFile(join(far, "owner.secret"), "utf8");
  await typed(["login", "owner", "--env", "staging"], [[/Secret of .*: $/, `${owner.trim()}\r`]]);
});

after(async () => {
  await there[Symbol.asyncDispose]();
  await here[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

function reef(...args: string[]): Promise<Finished> {
  return runReef(args, shell);
}

async function succeed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await reef(...args);
  assert.equal(code, 0, `reef ${args.join(" ")}\n${stdout}${stderr}`);
  return stdout;
}

/** A line that reads stdin. */
async function piped(input: string, ...args: string[]): Promise<void> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, [join(root, "bin/reef.js"), ...args], {
    env: { ...env, ...shell },
    stdio: ["pipe", "ignore", "inherit"],
  });
  child.stdin.end(input);
  assert.deepEqual(await once(child, "close"), [0, null]);
}

/** What stderr says of a line that fails. */
async function fail(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await reef(...args);
  assert.notEqual(code, 0, `reef ${args.join(" ")}\n${stdout}${stderr}`);
  return stderr;
}

const hasTerminal = spawnSync("script", ["--version"]).status === 0;
const skip = !hasTerminal && "without script, which makes a terminal";

/** A line in a terminal, with what is typed when the screen ends as it is said; what stood on the screen at the end. */
async function typed(
  args: readonly string[],
  answers: readonly (readonly [screen: RegExp, keys: string])[],
): Promise<{ readonly screen: string; readonly code: number }> {
  const words = [process.execPath, join(root, "bin", "reef.js"), ...args];
  const line = words.map((word) => `'${word}'`).join(" ");
  const child = spawn("script", ["-qec", line, "/dev/null"], {
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...shell, TERM: "xterm" },
    stdio: ["pipe", "pipe", "inherit"],
    // A question that was not expected is waited at for ever.
    timeout: 60_000,
  });
  let screen = "";
  const left = [...answers];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    screen += text;
    const [next] = left;
    if (!next?.[0].test(screen)) return;
    left.shift();
    child.stdin.write(next[1]);
  });
  // A process that has ended says with which code.
  const [code] = (await once(child, "close")) as [number];
  return { screen, code };
}

function loginPath(): string {
  return join(String(shell["HOME"]), ".config/reef/logins/staging.json");
}

async function login(): Promise<{ refreshToken: string; accessToken: string }> {
  return JSON.parse(await readFile(loginPath(), "utf8"));
}

/** As it is when nobody has typed anything for an hour. */
async function age(): Promise<void> {
  const old = { ...(await login()), expiresMs: 0, renewMs: 0 };
  await writeFile(loginPath(), JSON.stringify(old));
}

test(
  "a secret that is typed is on no screen, and what it is good for is in a file for its owner",
  { skip },
  async () => {
    await succeed("auth", "create", "ann", "--scope", "owner", "--env", "staging");
    await piped(annsSecret, "auth", "renew", "ann", "--stdin", "--env", "staging", "--yes");
    const wrong = await typed(["login", "ann", "--env", "staging"], [[/: $/, "not my secret\r"]]);
    assert.equal(wrong.code, 1);
    assert.match(
      wrong.screen,
      /Cannot log in: there is no such account, or this is not its secret/,
    );
    // A slip is taken back with the key for that.
    const keys = `${annsSecret}xy\u007f\u007f\r`;
    const { screen, code } = await typed(
      ["login", "--env", "staging"],
      [
        [/Account.*: $/, "ann\r"],
        [/Secret of user:ann at staging \(https:\S+\): $/, keys],
      ],
    );
    assert.equal(code, 0, screen);
    assert.match(screen, /user:ann is logged in at staging/);
    assert.doesNotMatch(screen, /horse/);
    assert.equal((await stat(loginPath())).mode & 0o777, 0o600);
    const who = JSON.parse(await succeed("whoami", "--env", "staging", "--json"));
    assert.equal(who.account, "user:ann");
    assert.deepEqual(who.scopes, ["owner"]);
  },
);

test(
  "the same words are about this machine or about another one, as it was chosen",
  { skip },
  async () => {
    await succeed("env", "set", "staging");
    const [env, list, answer, local] = await Promise.all([
      succeed("env"),
      succeed("env", "list"),
      succeed("greeter", "hello", "--name=Ann"),
      fail("greeter", "hello", "--name=Ann", "--env", "local"),
    ]);
    assert.equal(env, "staging\n");
    assert.match(list, /^\* +staging +https:\S+ +user:ann$/m);
    assert.equal(answer, '{"message":"Hello Ann"}\n');
    assert.match(local, /no service/);
    const { screen } = await typed(["services"], []);
    assert.match(screen, /^env staging \(https:\S+\)\r\n[^]*greeter/);
    await succeed("env", "set", "local");
  },
);

test("nothing is destroyed elsewhere before somebody has said yes", { skip }, async () => {
  await succeed("store", "put", "key", "value", "--env", "staging");
  const refusal = await fail("store", "delete", "key", "--env", "staging");
  assert.match(refusal, /Cannot delete .* at staging .*add --yes if that is meant/);
  const line = ["kill", "greeter", "--env", "staging"];
  const { screen, code } = await typed(line, [
    [/Kill greeter at staging \(.*\)\? \[y\/N\] $/, "n\r"],
  ]);
  assert.equal(code, 1);
  assert.match(screen, /Nothing was done/);
  await succeed("store", "delete", "key", "--env", "staging", "--yes");
});

test("an account that is no owner uses services, and hears what it may not", { skip }, async () => {
  const made = await succeed("auth", "create", "bob", "--json", "--env", "staging");
  const ca = join(folder.path, "there", "tls", "ca.pem");
  // Another login at the same platform.
  await succeed("env", "add", "bobs", staging, "--ca", ca);
  const line = ["login", "bob", "--env", "bobs"];
  const { code, screen } = await typed(line, [[/: $/, `${JSON.parse(made).secret}\r`]]);
  assert.equal(code, 0, screen);
  const [answer, services, put, accounts] = await Promise.all([
    succeed("greeter", "hello", "--name=Bob", "--env", "bobs"),
    succeed("services", "--env", "bobs"),
    fail("store", "put", "key", "value", "--env", "bobs"),
    fail("auth", "accounts", "--env", "bobs"),
  ]);
  assert.equal(answer, '{"message":"Hello Bob"}\n');
  assert.match(services, /greeter/);
  assert.match(
    put,
    /Cannot call store\/put: user:bob may not; an owner sees why by "reef auth explain user:bob block:store:put"/,
  );
  assert.match(accounts, /user:bob may not/);
});

test("what only this machine can do says so", async () => {
  const [server, run] = await Promise.all([
    fail("server", "--env", "staging"),
    fail("--env", "staging", "run", "examples/hello/greeter.ts"),
  ]);
  assert.match(server, /it is about this machine/);
  assert.match(run, /its files are not those of this machine/);
});

test("a login that has expired is renewed once, however many commands need it", async () => {
  const { refreshToken } = await login();
  await age();
  const calls = ["services", "list", "whoami", "status"];
  await Promise.all(calls.map((word) => succeed(word, "--env", "staging")));
  const renewed = await login();
  assert.notEqual(renewed.refreshToken, refreshToken);
  const [, , generation] = refreshToken.split("~");
  assert.equal(renewed.refreshToken.split("~")[2], String(Number(generation) + 1));
});

test("a wrong name, a wrong address and somebody else's login each say what is wrong", async () => {
  const other = String(/gRPC {2}(http:\S+)/.exec(here.output())?.[1]);
  await succeed("env", "add", "other", other);
  await succeed("env", "add", "away", "http://127.0.0.1:1");
  const kept = await login();
  const stolen = { ...kept, url: other };
  await writeFile(loginPath().replace("staging", "other"), JSON.stringify(stolen), { mode: 0o600 });
  await succeed("env", "add", "edge", here.gateway);
  await succeed("env", "add", "tls", other.replace("http:", "https:"));
  const [name, away, shown, edge, tls] = await Promise.all([
    fail("services", "--env", "stagin"),
    fail("services", "--env", "away"),
    fail("services", "--env", "other"),
    fail("services", "--env", "edge"),
    fail("services", "--env", "tls"),
  ]);
  // The port of the gateway, and TLS where there is none: the two slips that are made first.
  for (const slip of [edge, tls]) {
    assert.match(slip, /; add it again with the URL that "reef status" shows there as that of the/);
  }
  assert.match(name, /Cannot find the environment "stagin".*did you mean "staging"/);
  assert.match(
    away,
    /Cannot reach the environment "away" at http:\/\/127.0.0.1:1: nothing listens/,
  );
  assert.match(shown, /try: reef login --env other/);
  assert.match(await succeed("env", "delete", "other"), /other is forgotten/);
});

test("an account that is disabled while it follows a log hears of it, and what to type", async () => {
  await using logs = startReef(["logs", "greeter", "-f", "--env", "staging"], shell);
  await logs.printed(/ready on the platform/);
  await succeed(
    "auth",
    "change",
    "ann",
    "--disable",
    "--state",
    join(folder.path, "there"),
    "--force",
  );
  const { code, stderr } = await logs.finished;
  assert.equal(code, 1);
  assert.match(stderr, /try: reef login --env staging/);
  await age();
  const refusal = await fail("services", "--env", "staging");
  assert.match(refusal, /Cannot use the login of user:ann at staging: it has ended/);
  assert.match(refusal, /try: reef login --env staging/);
});

test("a logout ends the session there, and says so when it cannot", async () => {
  const secret = await readFile(join(folder.path, "there", "owner.secret"), "utf8");
  const line = ["login", "owner", "--env", "staging", "--secret-stdin"];
  const logIn = () => piped(secret, ...line);
  await logIn();
  const kept = await login();
  assert.match(await succeed("logout", "--env", "staging"), /user:owner is logged out\n$/);
  await writeFile(loginPath(), JSON.stringify(kept), { mode: 0o600 });
  assert.match(await fail("services", "--env", "staging"), /try: reef login --env staging/);
  await logIn();
  there.child.kill("SIGTERM");
  await there.finished;
  assert.match(await succeed("logout", "--env", "staging"), /on this machine only/);
  assert.match(await fail("whoami", "--env", "staging"), /Nobody is logged in at staging/);
});
