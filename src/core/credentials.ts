/** Where a program has the token from that says who it is: a file that the platform renews, a login, nothing at all. */
import type { Events } from "./events.ts";

/** Tokens are short-lived: whoever keeps a connection open listens for the next one, and tells the far side. */
export interface CredentialSource {
  /** The one that is good now; undefined: nobody known. Never rejects because there is none. */
  token(): string | undefined | Promise<string | undefined>;
  /** Each token that takes the place of another, as soon as it is there. */
  readonly changed: Events<string>;
}
