import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { configFolder } from "./config-folder.ts";
import { Environments, readEnvironments } from "./environments.ts";
import { type Login, Logins } from "./logins.ts";

const staging = { name: "staging", url: "https://staging.example:8081" };
const lab = { name: "lab", url: "http://127.0.0.1:8081", namespace: "acme" };

async function openHome() {
  const home = await mkdtemp(join(tmpdir(), "reef-"));
  const env = { HOME: home };
  let queue: Promise<unknown> = Promise.resolve();
  /** As between processes: one after the other. */
  async function lock(): Promise<Disposable> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = queue;
    queue = promise;
    await before;
    return { [Symbol.dispose]: resolve };
  }
  return {
    env,
    environments: new Environments({ env, lock }),
    logins: new Logins(env),
    folder: join(home, ".config", "reef"),
    [Symbol.asyncDispose]: () => rm(home, { recursive: true }),
  };
}

const login: Login = {
  url: staging.url,
  account: "user:ann",
  namespace: "default",
  accessToken: "a",
  refreshToken: "r",
  expiresMs: 2,
  renewMs: 1,
};

test("configFolder() is below XDG_CONFIG_HOME when that is a path, else below HOME", () => {
  assert.equal(configFolder({ XDG_CONFIG_HOME: "/c", HOME: "/h" }), "/c/reef");
  assert.equal(configFolder({ XDG_CONFIG_HOME: "c", HOME: "/h" }), "/h/.config/reef");
  assert.equal(configFolder({}), undefined);
});

test("environments are kept for nobody else, also when many commands add some at once", async () => {
  await using it = await openHome();
  await mkdir(it.folder, { recursive: true });
  await chmod(it.folder, 0o755);
  const names = ["a", "b", "c", "d", "e"];
  await Promise.all(names.map((name) => it.environments.add({ ...staging, name })));
  assert.deepEqual(
    it.environments.read().named.map(({ name }) => name),
    names,
  );
  assert.equal((await stat(it.environments.path)).mode & 0o777, 0o600);
  assert.equal((await stat(it.folder)).mode & 0o777, 0o700);
});

test("an environment is current until another one is, or it is deleted", async () => {
  await using it = await openHome();
  const { environments } = it;
  assert.deepEqual(environments.read(), { current: "local", named: [] });
  await environments.add(staging);
  await environments.add(lab);
  await environments.setCurrent("lab");
  await environments.setNamespace("staging", "beta");
  assert.deepEqual(readEnvironments(it.env), {
    current: "lab",
    named: [{ ...staging, namespace: "beta" }, lab],
  });
  await environments.delete("lab");
  assert.equal(environments.read().current, "local");
});

test("names that are none, are taken, are local or were never added are refused", async () => {
  await using it = await openHome();
  const { environments } = it;
  await environments.add(staging);
  for (const name of ["local", "", "a/b", "../x", "A", "a".repeat(64)]) {
    await assert.rejects(environments.add({ ...lab, name }), { code: "invalid_argument" }, name);
  }
  await assert.rejects(environments.add(staging), { code: "already_exists" });
  await assert.rejects(environments.setCurrent("stagin"), {
    code: "not_found",
    message: /did you mean "staging"/,
  });
  await assert.rejects(environments.delete("local"), { code: "invalid_argument" });
  await assert.rejects(environments.delete("lab"), { code: "not_found" });
});

test("a file that is damaged is refused with its path, and never written over", async () => {
  await using it = await openHome();
  const { environments } = it;
  await environments.add(staging);
  const good = await readFile(environments.path, "utf8");
  const bad = [
    good.slice(0, -5),
    "[]",
    '{"version":2}',
    good.replace("https", "").replace('"url"', '"link"'),
    good.replace('"staging"', '"../x"'),
    good.replace('"local"', '"lost"'),
  ];
  for (const text of bad) {
    await writeFile(environments.path, text);
    const { path: message } = environments;
    const refusal = { code: "data_loss", message: new RegExp(`^Cannot read ${message}: `) };
    assert.throws(() => environments.read(), refusal);
    await assert.rejects(environments.add(lab), refusal);
    assert.equal(await readFile(environments.path, "utf8"), text);
  }
});

test("a login is shown to the address alone that gave it, and read by nobody else", async () => {
  await using it = await openHome();
  const { logins } = it;
  assert.equal(await logins.read(staging), undefined);
  await logins.write(staging, login);
  assert.deepEqual(await logins.read(staging), login);
  assert.equal(await logins.read({ ...staging, url: "https://evil.example:8081" }), undefined);
  const path = logins.pathOf("staging");
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  await chmod(path, 0o644);
  await assert.rejects(logins.read(staging), { code: "failed_precondition", message: /mode 644/ });
  await chmod(path, 0o600);
  await writeFile(path, '{"url":');
  await assert.rejects(logins.read(staging), {
    code: "data_loss",
    message: /reef login --env staging/,
  });
  await logins.forget("staging");
  assert.equal(await logins.read(staging), undefined);
});
