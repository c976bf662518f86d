/** Which reef this is: from the package it came in, whether that is a checkout or an installed one. */
import { readFileSync } from "node:fs";

// `package.json` is two folders up from here in a checkout (`src/server`) and in the package (`dist/server`).
const { version } = JSON.parse(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
) as { version: string };

export const reefVersion: string = version;
