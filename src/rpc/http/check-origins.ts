/** What may be named as a site whose pages may call. */
import { ReefError } from "../../core/errors.ts";

/** @throws {ReefError} `invalid_argument` for what no browser would send: `https://shop.example` is one */
export function checkOrigins(origins: readonly string[]): void {
  for (const origin of origins) {
    if (URL.canParse(origin) && new URL(origin).origin === origin) continue;
    throw new ReefError(
      "invalid_argument",
      `Cannot allow the origin "${origin}": it must be scheme, host and port only; ` +
        `write it like "https://shop.example"`,
    );
  }
}
