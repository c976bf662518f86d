/** What tells one platform from the others that keep their things in the same store: a name in its state folder. */
import { randomUUID } from "node:crypto";
import type { StateFolder } from "../framework/state-folder.ts";
import { keptText } from "./kept-text.ts";

/** 32 hexadecimal digits; made at the first start, and kept as well as what it is the name of. */
export function platformId(state: Pick<StateFolder, "path">): Promise<string> {
  return keptText(state, "id", () => randomUUID().replaceAll("-", ""));
}
