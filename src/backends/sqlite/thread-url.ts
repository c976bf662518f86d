/**
 * Where a thread's code lies: tsc rewrites the extension in imports, but not in `new URL("./x.ts", import.meta.url)`.
 */
import { extname } from "node:path";

/** The URL with the extension that our own files have here: `.ts` in a checkout, `.js` in the package. */
export function threadUrl(source: URL): URL {
  return new URL(source.href.replace(/\.ts$/, extname(import.meta.url)));
}
