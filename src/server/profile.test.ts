import assert from "node:assert/strict";
import { test } from "node:test";
import { excluding, localProfile, partNames } from "./profile.ts";

test("excluding() moves these parts out of the platform, and is plain data", () => {
  const profile = excluding(localProfile, ["store", "gateway"]);
  assert.deepEqual(
    partNames.filter((name) => profile[name].place === "process"),
    ["store", "gateway"],
  );
  assert.equal(profile.store.driver, localProfile.store.driver);
  assert.equal(localProfile.store.place, "platform");
  assert.deepEqual(JSON.parse(JSON.stringify(profile)), profile);
});
