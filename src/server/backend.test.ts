import assert from "node:assert/strict";
import { test } from "node:test";
import { profileOn } from "./backend.ts";
import { localProfile } from "./profile.ts";

test("profileOn() puts the store on the server, and keeps its URL to itself", () => {
  assert.equal(profileOn(undefined), localProfile);
  const profile = profileOn("postgres://reef:hush@db/reef");
  assert.equal(profile.store.driver, "postgres");
  assert.deepEqual({ ...profile, name: "local", store: localProfile.store }, localProfile);
  assert.doesNotMatch(JSON.stringify(profile), /hush/);
});

test("profileOn() refuses what it does not know, and does not repeat it", () => {
  for (const backend of ["", "hush", "redis://:hush@db", "postgres:hush"]) {
    assert.throws(() => profileOn(backend), {
      code: "invalid_argument",
      message: /^((?!hush).)*$/,
    });
  }
});
