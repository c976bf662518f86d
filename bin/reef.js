#!/usr/bin/env node
// The command `reef`. Nothing here may be newer than Node 14.13, so that an old Node says what is missing
// instead of failing on words that it does not know.
import { existsSync } from "node:fs";
import module from "node:module";
import { fileURLToPath } from "node:url";

const nodeMajorMin = 24;

// A checkout runs its sources, even when a build lies beside them; the package has no sources.
const inCheckout = existsSync(new URL("../src", import.meta.url));
const checkout = fileURLToPath(new URL("..", import.meta.url));

if (Number.parseInt(process.versions.node, 10) < nodeMajorMin) {
  const install = "install a newer one from https://nodejs.org";
  const cure = inCheckout
    ? `${install}, or type "npx reef" in ${checkout}, which has its own after "npm ci"`
    : install;
  process.stderr.write(
    `Cannot start reef: it needs Node ${nodeMajorMin} or newer, ` +
      `and ${process.execPath} is Node ${process.versions.node}; ${cure}\n`,
  );
  process.exitCode = 1;
} else {
  // Most of the start of a command is reading modules; Node remembers them compiled, in a folder of its own.
  module.enableCompileCache();
  const entry = inCheckout ? "../src/cli/main.ts" : "../dist/cli/main.js";
  import(new URL(entry, import.meta.url).href);
}
