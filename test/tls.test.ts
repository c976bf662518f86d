/**
 * A platform that other machines may call: everything over TLS, by clients that are not ours, and nothing for those
 * whom nobody knows.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { Agent, request } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { WebSocket } from "ws";

import { createAuthority, createCertificate } from "../src/server/tls/certificate.ts";
import { openStateFolder, root, runReef, startPlatform } from "./test-command.ts";

let state: Awaited<ReturnType<typeof openStateFolder>>;
let platform: Awaited<ReturnType<typeof startPlatform>>;
let ca: string;
let token: string;
/** Of the gateway and the proxy, on this machine. */
let gateway: string;
let proxy: string;

before(async () => {
  state = await openStateFolder();
  const flags = ["--host", "0.0.0.0", "--tls-own", "--tls-name", "staging.example"];
  const programs = ["examples/hello/greeter.ts", "examples/streams/countdown.ts"];
  const paths = programs.map((path) => join(root, path));
  platform = await startPlatform(state.path, [...flags, ...paths]);
  await platform.printed(/All are ready/);
  assert.match(platform.output(), /open {2}https:\/\/staging\.example:\d+\ngRPC/);
  assert.match(platform.output(), /Whom nobody knows may call nothing/);
  gateway = `127.0.0.1:${/open {2}https:.*:(\d+)/.exec(platform.output())?.[1]}`;
  proxy = `127.0.0.1:${/gRPC {2}https:.*:(\d+)/.exec(platform.output())?.[1]}`;
  ca = await readFile(join(state.path, "tls", "ca.pem"), "utf8");
  token = (await readFile(join(state.path, "identity", "owner.token"), "utf8")).trim();
});

after(async () => {
  await platform[Symbol.asyncDispose]();
  await state[Symbol.asyncDispose]();
});

function bearer() {
  return { authorization: `Bearer ${token}` };
}

interface Answer {
  readonly status: number | undefined;
  readonly text: string;
}

/** `GET` with a connection of its own. */
async function get(
  host: string,
  path: string,
  headers: { readonly [name: string]: string } = {},
): Promise<Answer> {
  using agent = disposable(new Agent({ ca }));
  const asked = request(`https://${host}${path}`, {
    headers,
    agent,
    servername: "localhost",
  }).end();
  const [answer] = await once(asked, "response");
  return { status: answer.statusCode, text: await text(answer) };
}

function disposable(agent: Agent): Agent & Disposable {
  return Object.assign(agent, { [Symbol.dispose]: () => agent.destroy() });
}

test("reef server refuses other addresses without a certificate, and says what to type", async () => {
  const { code, stderr } = await runReef([
    "server",
    "--host",
    "0.0.0.0",
    "--state",
    `${state.path}2`,
  ]);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^reef: Cannot listen on "0\.0\.0\.0": beyond this machine everything goes over TLS, .*; add --tls-cert FILE and --tls-key FILE, or --tls-own/,
  );
});

test("the gateway serves over TLS whom it knows, and says nothing to others, whatever they ask", async () => {
  for (const path of ["/greeter/hello/Ann", "/", "/services", "/openapi.json", "/none/such"]) {
    // oxlint-disable-next-line no-await-in-loop
    const nobody = await get(gateway, path);
    assert.equal(nobody.status, 401, path);
    assert.doesNotMatch(nobody.text, /countdown/);
  }
  const known = await get(gateway, "/greeter/hello/Ann", bearer());
  assert.deepEqual(known, { status: 200, text: '{"message":"Hello Ann"}' });
  assert.match((await get(gateway, "/services", bearer())).text, /countdown/);
});

test("the gateway is called by the names of its certificate, and by no other", async () => {
  for (const host of ["staging.example", "STAGING.example:8080", "localhost"]) {
    // oxlint-disable-next-line no-await-in-loop
    assert.equal((await get(gateway, "/", { ...bearer(), host })).status, 200, host);
  }
  for (const host of ["evil.example", "0.0.0.0", "staging.example.evil.example"]) {
    // oxlint-disable-next-line no-await-in-loop
    assert.equal((await get(gateway, "/", { ...bearer(), host })).status, 421, host);
  }
});

test("a WebSocket goes through the gateway over TLS", async () => {
  const url = `wss://${gateway}/countdown/launch`;
  const refused = new WebSocket(url, { ca });
  const [, answer] = await once(refused, "unexpected-response");
  assert.equal(answer.statusCode, 401);
  refused.on("error", () => {}).terminate();
  const socket = new WebSocket(url, { ca, headers: bearer() });
  const messages: string[] = [];
  socket.on("message", (data) => messages.push(String(data)));
  await once(socket, "open");
  socket.send('{"from":1,"beatMs":1}');
  await once(socket, "close");
  assert.deepEqual(messages, ['{"n":1}', '{"n":0}']);
});

test("grpc-js uses the store through the proxy over TLS, after it has logged in there", async () => {
  const files = ["auth/v1/auth.proto", "store/v1/store.proto"];
  const definition = loadSync(files, { includeDirs: [join(root, "proto")] });
  // It takes no addresses in certificates.
  const place = proxy.replace("127.0.0.1", "localhost");
  const open = (pem: string) =>
    new grpc.Client(place, grpc.credentials.createSsl(Buffer.from(pem)));
  using client = closing(open(ca));
  function call(from: grpc.Client, path: string, input: object, said = ""): Promise<Answered> {
    const [service = "", name = ""] = path.split("/");
    // The files define these services, and the messages that `Answered` has parts of.
    const methods = definition[service] as { readonly [name: string]: Method };
    const method = methods[name] ?? assert.fail(path);
    const metadata = new grpc.Metadata();
    if (said !== "") metadata.set("authorization", `Bearer ${said}`);
    const { requestSerialize: write, responseDeserialize: read } = method;
    return new Promise((resolve, reject) => {
      const done = (error: unknown, answer?: Answered) =>
        answer ? resolve(answer) : reject(error);
      from.makeUnaryRequest(method.path, write, read, input, metadata, done);
    });
  }
  const get = { table: "t", key: Buffer.from("key") };
  await assert.rejects(call(client, "store.v1.Store/Get", get), {
    code: grpc.status.UNAUTHENTICATED,
  });
  const secret = (await readFile(join(state.path, "owner.secret"), "utf8")).trim();
  const asked = { id: "user:owner", secret };
  const { accessToken } = await call(client, "auth.v1.Auth/Login", asked);
  const value = Buffer.from("value");
  await call(client, "store.v1.Store/Put", { ...get, value }, accessToken);
  const { entry } = await call(client, "store.v1.Store/Get", get, accessToken);
  assert.equal(String(entry?.value), "value");
  using stranger = closing(open(createAuthority({ commonName: "reef", ...today() }).cert));
  await assert.rejects(call(stranger, "store.v1.Store/Get", get, accessToken), {
    code: grpc.status.UNAVAILABLE,
  });
});

type Method = grpc.MethodDefinition<object, Answered>;

interface Answered {
  readonly accessToken?: string;
  readonly entry?: { readonly value: Buffer };
}

function closing(client: grpc.Client): grpc.Client & Disposable {
  return Object.assign(client, { [Symbol.dispose]: () => client.close() });
}

function today() {
  return { validFrom: new Date(Date.now() - 1_000), validTo: new Date(Date.now() + 3_600_000) };
}

test("curl speaks HTTP/2 with the proxy, and neither trusts another authority nor is it answered in clear", async () => {
  const path = "/greeter.v1.Greeter/Hello";
  const file = join(state.path, "tls", "ca.pem");
  const post = ["-H", "content-type: application/json", "-d", '{"name":"Ann"}'];
  const auth = ["-H", `authorization: Bearer ${token}`];
  const version = ["-w", " %{http_version} %{http_code}"];
  const good = await curl([
    "--cacert",
    file,
    ...post,
    ...auth,
    ...version,
    `https://${proxy}${path}`,
  ]);
  assert.deepEqual(good, { code: 0, stdout: '{"message":"Hello Ann"} 2 200' });
  const nobody = await curl(["--cacert", file, ...post, ...version, `https://${proxy}${path}`]);
  assert.match(nobody.stdout, /"unauthenticated".* 2 401$/);
  const reflection = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
  const listed = await curl(["--cacert", file, ...post, `https://${proxy}${reflection}`]);
  assert.match(listed.stdout, /Cannot say what is here: not without a token/);
  const health = "/grpc.health.v1.Health/Check";
  const asked = await curl([
    "--cacert",
    file,
    ...post.slice(0, 2),
    "-d",
    "{}",
    `https://${proxy}${health}`,
  ]);
  assert.match(asked.stdout, /SERVING/);
  // 60: "Peer certificate cannot be authenticated with known CA certificates."
  assert.equal((await curl([`https://${proxy}${path}`])).code, 60);
  const clear = await curl([...post, ...auth, `http://${gateway}/greeter/hello`]);
  assert.match(clear.stdout, /this port speaks TLS; write https:\/\//);
});

async function curl(args: readonly string[]) {
  const child = spawn("curl", ["-s", ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, "close")]);
  return { code, stdout };
}

test("a rule of one's own opens a method to everybody, over TLS too", async () => {
  const words = [
    "public",
    "--scope=",
    "--resource",
    "service:greeter:hello",
    "--state",
    state.path,
  ];
  assert.equal((await runReef(["auth", "put-rule", ...words])).code, 0);
  for (let tries = 0; tries < 50; tries += 1) {
    // oxlint-disable-next-line no-await-in-loop -- a rule is heard of within a second
    const { status } = await get(gateway, "/greeter/hello/Ann");
    if (status === 200) return;
  }
  assert.fail("it stays closed");
});

test("our commands refuse a platform whose certificate is expired, foreign or of another name", async () => {
  const folder = state.path;
  const authority = createAuthority({ commonName: "test", ...today() });
  const foreign = createAuthority({ commonName: "test", ...today() });
  await writeFile(join(folder, "test-ca.pem"), authority.cert);
  await writeFile(join(folder, "foreign.pem"), foreign.cert);
  const { cert, key } = createCertificate(authority, {
    commonName: "b.example",
    names: ["b.example"],
    ...today(),
  });
  await writeFile(join(folder, "b.pem"), cert);
  await writeFile(join(folder, "b.key"), key, { mode: 0o600 });
  const shell = { HOME: folder, XDG_CONFIG_HOME: join(folder, "config") };
  const files = ["--tls-cert", join(folder, "b.pem"), "--tls-key", join(folder, "b.key")];
  await using other = await startPlatform(join(folder, "other"), files);
  const url = String(/gRPC {2}(https:\S+)/.exec(other.output())?.[1]);
  const refusals = [
    ["foreign", url, "foreign.pem", /certificate/],
    ["name", url, "test-ca.pem", /certificate/],
    ["unknown", `https://${proxy}`, "test-ca.pem", /certificate.*add it again with --ca/],
  ] as const;
  for (const [name, where, file, refusal] of refusals) {
    const add = ["env", "add", name, where, "--ca", join(folder, file)];
    // oxlint-disable-next-line no-await-in-loop -- they write one file
    assert.equal((await runReef(add, shell)).code, 0);
    // oxlint-disable-next-line no-await-in-loop
    const { code, stderr } = await runReef(["services", "--env", name], shell);
    assert.equal(code, 1);
    assert.match(stderr, refusal);
  }
  const lone = await runReef(["server", ...files.slice(0, 2), "--state", join(folder, "third")]);
  assert.match(lone.stderr, /Flag --tls-key is missing/);
});
