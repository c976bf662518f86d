import assert from "node:assert/strict";
import { test } from "node:test";
import { checkEnvironment, environmentOf } from "./environment.ts";

const service = {
  outer: {},
  given: {},
  platform: "unix:/run/control.sock",
  instance: "i1",
  namespace: "default",
  name: "greeter",
  socketsFolder: "/run/s",
  cacheFolder: "/state/cache",
  identity: "/state/identity/default/greeter.token",
};

test("environmentOf() keeps what may be a secret of the platform to itself", () => {
  const outer = {
    PATH: "/bin",
    HOME: "/home/a",
    PGPASSWORD: "x",
    REEF_SECRET: "y",
    NODE_OPTIONS: "z",
  };
  assert.deepEqual(environmentOf({ ...service, outer }), {
    PATH: "/bin",
    HOME: "/home/a",
    NODE_COMPILE_CACHE: "/state/cache",
    REEF_PLATFORM: "unix:/run/control.sock",
    REEF_INSTANCE: "i1",
    REEF_NAMESPACE: "default",
    REEF_NAME: "greeter",
    REEF_SOCKETS: "/run/s",
    REEF_IDENTITY: "/state/identity/default/greeter.token",
  });
});

test("environmentOf() lets the caller replace what is inherited", () => {
  const environment = environmentOf({ ...service, outer: { TZ: "UTC" }, given: { TZ: "CET" } });
  assert.equal(environment["TZ"], "CET");
});

test("checkEnvironment() refuses names that are none, names of the platform, and NUL", () => {
  checkEnvironment({ STRIPE_KEY: "a=b\nc", _x9: "" });
  const cases: [{ [name: string]: string }, RegExp][] = [
    [{ "A=B": "" }, /"A=B" is no name/],
    [{ REEF_INSTANCE: "" }, /REEF_INSTANCE/],
    [{ A: "\0" }, /value of A/],
  ];
  for (const [given, message] of cases) {
    assert.throws(() => checkEnvironment(given), { code: "invalid_argument", message });
  }
});
