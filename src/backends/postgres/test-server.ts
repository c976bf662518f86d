/**
 * A real server for tests: started in a temporary folder on a free port, for this machine only, and ended with the
 * test.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { globSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sleep } from "../../core/clock.ts";
import { freePort } from "../../testing/free-port.ts";
import { after } from "node:test";

export interface PostgresServer extends AsyncDisposable {
  readonly url: string;
  /** To all processes of the server. */
  signal(name: "SIGSTOP" | "SIGCONT"): void;
  /** Ends all of it at once, as a failure of its machine would. */
  kill(): Promise<void>;
  /** Starts it again on its data, and resolves when it takes connections. */
  start(): Promise<void>;
}

export interface PostgresServerOptions {
  /** Where its data is to be: a folder that exists. @default a temporary one */
  readonly folder?: string;
  /** Its own settings, `fsync=off` for example. @default none */
  readonly settings?: readonly string[];
}

/** Distributions keep them off the PATH, by version; the last one is the newest. */
const folderOfPrograms = globSync("/usr/lib/postgresql/*/bin").toSorted().at(-1);

/** Why there can be no server here; undefined when there can. */
export function missingForPostgres(): string | undefined {
  if (folderOfPrograms === undefined) return "there is no PostgreSQL server here";
  if (process.getuid?.() === 0 && userOfServer() === undefined) {
    return "there is no user postgres here, and the server does not run as root";
  }
  return undefined;
}

/** One server for all tests of a file: started when the first of them asks for its URL, ended behind the last. */
export function postgresForTests(options?: PostgresServerOptions): () => Promise<string> {
  let opening: Promise<PostgresServer> | undefined;
  after(async () => (await opening)?.[Symbol.asyncDispose]());
  return async () => (await (opening ??= openPostgresServer(options))).url;
}

export async function openPostgresServer(
  options: PostgresServerOptions = {},
): Promise<PostgresServer> {
  const { settings = [] } = options;
  await using opening = new AsyncDisposableStack();
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), "reef-postgres-")));
  if (options.folder === undefined) {
    opening.defer(() => rm(folder, { recursive: true, force: true }));
  }
  const owner = userOfServer();
  if (owner) run("chown", [`${owner.uid}:${owner.gid}`, folder]);
  const data = join(folder, "data");
  const port = await freePort();
  // On a disk of its own the power may be cut; elsewhere nobody has to wait for what is thrown away.
  const sync = options.folder === undefined ? ["--no-sync"] : [];
  run(postgresProgram("initdb"), ["-D", data, "-A", "trust", "-U", "reef", ...sync], owner);
  const flags = ["listen_addresses=127.0.0.1", "unix_socket_directories=", ...settings];
  const args = ["-D", data, "-p", `${port}`, ...flags.flatMap((setting) => ["-c", setting])];
  let running = await startServer(args, owner);

  async function kill(): Promise<void> {
    if (running.exitCode !== null || running.signalCode !== null) return;
    const ended = once(running, "exit");
    // So that it starts no other while they are counted.
    running.kill("SIGSTOP");
    const all = processesOf(running);
    for (const pid of all) process.kill(pid, "SIGKILL");
    await ended;
    while (all.some(isRunning)) await sleep(deathMs);
  }

  function signal(name: "SIGSTOP" | "SIGCONT"): void {
    for (const pid of processesOf(running)) process.kill(pid, name);
  }

  opening.defer(kill);
  const owned = opening.move();
  return {
    url: `postgres://reef@127.0.0.1:${port}/postgres`,
    signal,
    kill,
    async start() {
      running = await startServer(args, owner);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Each of them has a process group of its own. */
function processesOf({ pid }: ChildProcess): number[] {
  const { stdout } = spawnSync("pgrep", ["-P", `${pid}`], { encoding: "utf8" });
  return [pid ?? 0, ...stdout.split("\n").filter(Boolean).map(Number)];
}

/** Between two looks for processes that are ending. */
const deathMs = 5;

/** One that is dead and was not fetched by its parent runs no more. */
function isRunning(pid: number): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", `${pid}`], { encoding: "utf8" });
  return stdout.trim() !== "" && !stdout.startsWith("Z");
}

interface User {
  readonly uid: number;
  readonly gid: number;
}

/** The server refuses to run as root; then it runs as the user that its package has made. */
function userOfServer(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = ["-u", "-g"].map((flag) => {
    return spawnSync("id", [flag, "postgres"], { encoding: "utf8" });
  });
  if (uid?.status !== 0 || gid?.status !== 0) return undefined;
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

/** Where a program of the server is; its plain name when there is none. */
export function postgresProgram(name: string): string {
  return join(folderOfPrograms ?? "", name);
}

function run(command: string, args: readonly string[], owner?: User): void {
  const { status, error, stderr } = spawnSync(command, args, {
    encoding: "utf8",
    cwd: "/",
    ...owner,
  });
  if (status === 0) return;
  throw new Error(`${command} ${args.join(" ")} failed: ${error?.message ?? stderr}`);
}

async function startServer(args: readonly string[], owner?: User): Promise<ChildProcess> {
  const child = spawn(postgresProgram("postgres"), args, {
    cwd: "/",
    stdio: ["ignore", "ignore", "pipe"],
    ...owner,
  });
  const ready = Promise.withResolvers<void>();
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    if (said.includes("ready to accept connections")) ready.resolve();
  });
  child.on("error", ready.reject);
  child.on("exit", () => ready.reject(new Error(`the server ended:\n${said}`)));
  await ready.promise;
  return child;
}
