/**
 * Secrets are planted in a running platform at debug, and made to be handled wrongly: bad logins, wrong types, failing
 * handlers, malformed tokens. Afterwards each stands where its reader finds it and nowhere else. What is no secret is
 * planted in every kind of place, too, and must be found there: a search that finds nothing proves nothing.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createDecipheriv, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { Agent, request } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";

import { openSqliteStore } from "../../src/blocks/store/drivers/sqlite.ts";
import { textOf } from "../../src/blocks/store/index.ts";
import { openStateFolder, root, startPlatform } from "../test-command.ts";
import { filesBelow, foundIn, type Place, processesWith } from "./places.ts";

let folder: Awaited<ReturnType<typeof openStateFolder>>;
let platform: Awaited<ReturnType<typeof startPlatform>>;
let state: string;
let agent: Agent;
let gateway: string;
let proxy: string;
/** Of a person whose commands go through the proxy. */
let shell: NodeJS.ProcessEnv;
/** What others were answered. */
const answers: Place[] = [];
/** By what they are called, with the only files in which they may stand. */
const secrets = new Map<string, { readonly value: string; readonly files: readonly string[] }>();

before(async () => {
  folder = await openStateFolder();
  state = join(folder.path, "state");
  shell = { HOME: join(folder.path, "home"), XDG_CONFIG_HOME: join(folder.path, "config") };
  const programs = ["examples/hello/greeter.ts"].map((path) => join(root, path));
  platform = await startPlatform(state, ["--tls-own", ...programs], { LOG_LEVEL: "debug" });
  await platform.printed(/All are ready/);
  gateway = platform.gateway;
  proxy = String(/gRPC {2}(https:\S+)/.exec(platform.output())?.[1]);
  agent = new Agent({ ca: await readFile(join(state, "tls", "ca.pem")), keepAlive: true });
});

after(async () => {
  agent.destroy();
  await platform[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const porter = join(root, "test", "fixtures", "porter.ts");

function random(): string {
  return `${randomBytes(18).toString("base64url")}Aa1`;
}

function plant(name: string, value: string, ...files: readonly string[]): void {
  secrets.set(name, { value, files });
}

/** A line of a person of this machine; what it prints is an answer as any other unless it hands out a secret. */
async function reef(args: readonly string[], { stdin = "", isShown = true } = {}) {
  const child = spawn(process.execPath, [join(root, "bin", "reef.js"), ...args], {
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, NODE_ENV: undefined, ...shell },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.on("error", () => {}).end(stdin);
  const closed = once(child, "close");
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await closed;
  if (isShown) answers.push({ where: "answers", bytes: Buffer.from(stdout + stderr) });
  return stdout;
}

interface Asked {
  readonly body?: unknown;
  readonly headers?: { readonly [name: string]: string };
  /** The answer hands out a secret, to whom it belongs. @default true */
  readonly isShown?: boolean;
}

/** One request; JSON unless its body is a text. */
async function post(url: string, { body = {}, headers = {}, isShown = true }: Asked) {
  const asked = request(url, {
    method: "POST",
    agent,
    headers: { "content-type": "application/json", ...headers },
  });
  asked.end(typeof body === "string" ? body : JSON.stringify(body));
  const [answer] = await once(asked, "response");
  const shown = await text(answer);
  const seen = JSON.stringify(answer.headers) + shown;
  if (isShown) answers.push({ where: "answers", bytes: Buffer.from(seen) });
  return shown;
}

// It could be the name of an account, and is typed where that belongs.
const password = randomBytes(18).toString("hex");

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

const login = (secret: unknown, id: unknown = "user:ann") => ({ id, secret });

interface Held {
  readonly apiToken: string;
  readonly used: string;
  readonly refreshToken: string;
}

/** What Ann has after she has logged in and refreshed, each of it planted. */
async function logAnnIn(): Promise<Held> {
  const here = ["--state", state];
  plant("the password of an account", password);
  await reef(["auth", "create", "ann", "--scope", "owner", "--stdin", ...here], {
    stdin: password,
  });
  const made = await reef(["auth", "token", "ann", "--json", ...here], { isShown: false });
  const apiToken = String(JSON.parse(made).token);
  plant("an API token", signatureOf(apiToken));
  const given = { body: login(password), isShown: false };
  const { accessToken, refreshToken: used } = JSON.parse(
    await post(`${gateway}/auth/login`, given),
  );
  plant("an access token", signatureOf(accessToken));
  plant("a refresh token", used);
  const again = { body: { refreshToken: used }, isShown: false };
  const { refreshToken } = JSON.parse(await post(`${gateway}/auth/refresh`, again));
  plant("the next refresh token", refreshToken);
  return { apiToken, used, refreshToken };
}

const wrongLogins = [
  login("user:ann", `user:${password}`),
  login(`${password}x`),
  login([password]),
  login({ secret: password }),
  login("user:ann", password),
  login(password, 7),
  { ...login(password), [password]: password },
  JSON.stringify(login(password)).slice(0, -2),
  password,
];

/** Where methods of auth are, as each entrance calls them. */
const authPaths = [
  () => (method: string) => `${gateway}/auth/${method}`,
  () => (method: string) =>
    `${proxy}/auth.v1.Auth/${method.replace(/^./, (letter) => letter.toUpperCase())}`,
];

test("secrets are used at both entrances, rightly and wrongly", async () => {
  const { apiToken, used, refreshToken } = await logAnnIn();
  const tokens = [`${apiToken}x`, apiToken.slice(0, -1), `${apiToken} ${apiToken}`, password];
  const basic = `Basic ${Buffer.from(`ann:${password}`).toString("base64")}`;
  for (const at of authPaths.map((paths) => paths())) {
    for (const body of wrongLogins) {
      // Wrong secrets of one account have to wait for each other.
      // oxlint-disable-next-line no-await-in-loop
      await post(at("login"), { body });
    }
    const plain = { "content-type": "text/plain" };
    const body = { token: `${apiToken}x`, audience: "greeter" };
    // oxlint-disable-next-line no-await-in-loop
    await Promise.all([
      post(at("login"), { body: login(password), headers: plain }),
      post(`${at("login")}?secret=${password}`, { body: login(password) }),
      post(at("logout"), { body: { refreshToken: `${refreshToken}x` } }),
      post(at("refresh"), { body: { refreshToken: [refreshToken] } }),
      post(at("exchange"), { body, headers: bearer(apiToken) }),
      ...tokens.map((token) => post(at("exchange"), { headers: bearer(token) })),
      post(`${at("exchange")}?access_token=${apiToken}`, { headers: bearer(`${apiToken}x`) }),
      post(at("exchange"), { headers: { authorization: basic } }),
    ]);
  }
  // A token that was used before ends its session, which is written down.
  await post(`${gateway}/auth/refresh`, { body: { refreshToken: used } });
  await reef(["run", porter, "--state", state]);
  const wrongInputs = [
    { account: "ann", secret: password },
    { account: 7, secret: password },
    { account: "ann", secret: password.repeat(5) },
    { account: "ann", secret: [password] },
  ];
  for (const body of wrongInputs) {
    // oxlint-disable-next-line no-await-in-loop
    await post(`${gateway}/porter/enter`, { body, headers: bearer(apiToken) });
  }
});

test("secrets are typed, rightly and wrongly", async () => {
  const there = ["--env", "staging"];
  await reef(["env", "add", "staging", proxy, "--ca", join(state, "tls", "ca.pem")]);
  await reef(["login", "ann", "--secret-stdin", ...there], { stdin: `${password}x` });
  await reef(["login", "ann", "--secret-stdin", ...there], { stdin: password });
  await reef(["auth", "create", "bob", "--stdin", ...there], { stdin: password.slice(0, 8) });
  await reef(["auth", "renew", "nobody", "--stdin", "--yes", ...there], { stdin: password });
  await reef(["env", "add", "more", proxy.replace("//", `//ann:${password}@`)]);
  const mine = join("config", "reef", "logins", "staging.json");
  const kept = JSON.parse(await readFile(join(folder.path, mine), "utf8"));
  plant("the access token of a login", signatureOf(kept.accessToken), mine);
  plant("the refresh token of a login", kept.refreshToken, mine);
});

function signatureOf(token: string): string {
  return token.split(".")[2] ?? assert.fail("it is no token");
}

test("what is no secret is planted in each kind of place", async () => {
  const here = ["--state", state];
  await reef(["store", "put", "key", canary("state/store.db"), ...here]);
  const line = ["run", porter, "--name", "porter-leaky", "--env", `WORD=${canary("environment")}`];
  await reef([...line, ...here, "--", canary("arguments")]);
  const owner = { authorization: `Bearer ${await tokenIn("owner.token")}` };
  const body = { account: "log it", secret: canary("state/logs") };
  await post(`${gateway}/porter/enter`, { body, headers: owner });
  await post(`${gateway}/nobody/${canary("output")}`, {});
  await post(`${gateway}/greeter/hello`, { body: { name: canary("answers") }, headers: owner });
});

const canaries = new Map<string, string>();

/** Another one for each kind of place. */
function canary(where: string): string {
  const value = random();
  canaries.set(where, value);
  return value;
}

async function tokenIn(name: string): Promise<string> {
  return (await readFile(join(state, "identity", name), "utf8")).trim();
}

/** What only exists once the platform runs. */
async function plantOwn(): Promise<void> {
  const inFile = async (path: string) => (await readFile(join(state, path), "utf8")).trim();
  plant("the first owner's secret", await inFile("owner.secret"), "state/owner.secret");
  plant("the key that seals keys", await inFile("seal.key"), "state/seal.key");
  for (const name of ["owner.token", "default/greeter.token", "default/porter.token"]) {
    // oxlint-disable-next-line no-await-in-loop
    plant(name, signatureOf(await tokenIn(name)), `state/identity/${name}`);
  }
  for (const name of ["server.pem", "authority.pem"]) {
    // oxlint-disable-next-line no-await-in-loop
    const key = /PRIVATE KEY-----\n([^-]+)/.exec(await inFile(`tls/${name}`))?.[1] ?? "";
    plant(`the key in ${name}`, key.split("\n")[1] ?? assert.fail(name), `state/tls/${name}`);
  }
}

/** The private halves of the keys that sign tokens, which are sealed in the store. */
async function signingKeys(): Promise<string[]> {
  const sealKey = Buffer.from(await readFile(join(state, "seal.key"), "utf8"), "base64url");
  await using store = await openSqliteStore({ path: join(state, "store.db") });
  const { items } = await store.database("reef").table("auth").list({ prefix: "keys/" });
  return items.map(({ value }) => {
    const { kid, sealed } = JSON.parse(textOf(value));
    const bytes = Buffer.from(sealed, "base64url");
    const opened = createDecipheriv("aes-256-gcm", sealKey, bytes.subarray(0, 12));
    opened.setAAD(Buffer.from(kid)).setAuthTag(bytes.subarray(-16));
    const jwk = Buffer.concat([opened.update(bytes.subarray(12, -16)), opened.final()]);
    return JSON.parse(jwk.toString()).d;
  });
}

test("each secret stands where its reader finds it, and nowhere else", async () => {
  await plantOwn();
  const here = ["--state", state];
  const shown = [
    "auth audit",
    "auth accounts",
    "auth sessions",
    "auth rules",
    "status",
    "services",
  ];
  for (const words of [
    ...shown,
    "list",
    "describe auth",
    "logs porter",
    "store export",
    "env list",
  ]) {
    // oxlint-disable-next-line no-await-in-loop -- two cores
    await reef([...words.split(" "), ...(words.startsWith("env") ? [] : here)]);
  }
  const owner = { authorization: `Bearer ${await tokenIn("owner.token")}` };
  for (const page of ["/services", "/openapi.json", "/"]) {
    const asked = request(gateway + page, { agent, headers: owner }).end();
    // oxlint-disable-next-line no-await-in-loop
    const [answer] = await once(asked, "response");
    // oxlint-disable-next-line no-await-in-loop
    answers.push({ where: "answers", bytes: Buffer.from(await text(answer)) });
  }
  const processes = await processesWith([state]);
  assert.ok(processes.length >= 2 * 3, "the platform and its services");
  platform.child.kill("SIGTERM");
  await platform.finished;
  const files = await filesBelow(folder.path);
  const keys = await signingKeys();
  assert.ok(keys.length > 0);
  for (const [index, key] of keys.entries()) plant(`signing key ${index}`, key);
  const output = [{ where: "output", bytes: Buffer.from(platform.output()) }];
  const places = [...files, ...processes, ...answers, ...output];

  for (const [where, value] of canaries) {
    const found = foundIn(places, value);
    assert.ok(
      found.some((place) => place.startsWith(where)),
      `${where}: ${found.join()}`,
    );
  }
  const wrong = [...secrets]
    .map(([name, { value, files: allowed }]) => ({
      name,
      found: foundIn(places, value).filter((place) => !allowed.includes(place)),
    }))
    .filter(({ found }) => found.length > 0);
  assert.deepEqual(wrong, []);
});
