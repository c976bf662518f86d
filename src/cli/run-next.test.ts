import assert from "node:assert/strict";
import { test } from "node:test";

import type { CommandContext } from "./command.ts";
import { runNext } from "./run-next.ts";

function next(name: string | undefined, namespace?: string): string {
  const environment = () => (name === undefined ? undefined : { name, url: "https://far:8081" });
  const globals = { state: undefined, namespace };
  // All that it looks at.
  return runNext({ environment, globals } as object as CommandContext);
}

test("runNext() names a file here, and in another environment a program that is there", () => {
  assert.equal(next(undefined), "reef run ./your-service.ts");
  assert.equal(next(undefined, "acme"), "reef run ./your-service.ts --namespace acme");
  const there = 'reef --env staging run --command "node /path/there.ts"';
  assert.equal(next("staging"), there);
  assert.equal(next("staging", "acme"), `${there} --namespace acme`);
});
