/** Where a server is: `postgres://user:password@host:port/database`, and what of it may be shown. */
import { ReefError } from "../../core/errors.ts";

export interface ServerUrl {
  /** With the password: for the library alone. */
  readonly url: string;
  /** The folder of its socket, where it is reached by one; in the URL its slashes are written as %2F. */
  readonly socketFolder: string | undefined;
  /** For texts and logs: neither user nor password. */
  readonly shown: string;
}

const example = "postgres://user@127.0.0.1:5432/reef";

/** @throws {ReefError} `invalid_argument`; the text shows nothing of what was given, because it may be a password */
export function parseServerUrl(given: string): ServerUrl {
  const url = URL.parse(given);
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol)) {
    throw new ReefError(
      "invalid_argument",
      `Cannot use this address as PostgreSQL: it must be a URL like ${example}; write it like that`,
      { maybeExecuted: false },
    );
  }
  const database = url.pathname.slice(1);
  const host = decodeURIComponent(url.host || "localhost");
  return {
    url: given,
    socketFolder: host.startsWith("/") ? host.replace(/:\d+$/, "") : undefined,
    shown: database === "" ? host : `${host}/${database}`,
  };
}
