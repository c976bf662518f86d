/** What PostgreSQL, its library and the network say, in the words of reef: one table for every driver on it. */
import { type Code, ReefError } from "../../core/errors.ts";

/**
 * - `race`: the server undid the transaction because of another one; the same again may work at once
 * - `connection`: this connection is of no use any more; the same over another one may work
 * - `final`: the same again fails again, or is not ours to decide
 */
export type PostgresFailureKind = "race" | "connection" | "final";

interface Rule {
  readonly code: Code;
  readonly kind: PostgresFailureKind;
  /** Behind "Cannot use PostgreSQL at "x": ". */
  readonly text: string;
}

const unreachable: Rule = {
  code: "unavailable",
  kind: "connection",
  text: "it cannot be reached; see that it runs, and that its address is right",
};

const lost: Rule = {
  code: "unavailable",
  kind: "connection",
  text: "the connection was lost; it is made again by itself",
};

const race: Rule = {
  code: "unavailable",
  kind: "race",
  text: "others write the same all the time; try again",
};

const tooSlow: Rule = {
  code: "unavailable",
  kind: "final",
  text: "it takes too long; see what it is busy with",
};

const noLogin: Rule = {
  code: "failed_precondition",
  kind: "final",
  text: "it does not let this user in; see the user and the password in its URL",
};

const otherTables: Rule = {
  code: "failed_precondition",
  kind: "final",
  text: "its tables are not those that reef made; name another schema, or restore a backup",
};

const full: Rule = {
  code: "resource_exhausted",
  kind: "final",
  text: "it has no room left; free some space, writing goes on by itself then",
};

const damaged: Rule = {
  code: "data_loss",
  kind: "final",
  text: "its files are damaged; restore a backup",
};

const untrusted: Rule = {
  code: "failed_precondition",
  kind: "final",
  text: "its certificate is not trusted; see sslmode in its URL",
};

/** By SQLSTATE, then by its class. Source: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const sqlStates: { readonly [state: string]: Rule | undefined } = {
  "08": lost,
  // Another host of the URL may be the one that writes.
  "25006": { ...unreachable, text: "it only reads, being a replica; name the one that writes" },
  "25P03": lost,
  "28": noLogin,
  "3D000": {
    code: "failed_precondition",
    kind: "final",
    text: 'the database does not exist; make it with "createdb"',
  },
  "3F000": otherTables,
  "40001": race,
  // CockroachDB: whether it was committed is not known.
  "40003": lost,
  "40P01": race,
  "42501": {
    code: "failed_precondition",
    kind: "final",
    text: "its user may not do this; grant it what it needs on the database",
  },
  "42703": otherTables,
  "42P01": otherTables,
  "42P07": otherTables,
  "53": full,
  "53300": { ...unreachable, text: "it has no connection left; raise its max_connections" },
  "55P03": tooSlow,
  "57014": tooSlow,
  "57P": {
    ...unreachable,
    text: "it is starting or stopping; the connection is made again by itself",
  },
  "58": { code: "unavailable", kind: "final", text: "its disk failed; see its log" },
  XX001: damaged,
  XX002: damaged,
};

/** By the codes of the library and of Node's sockets. */
const networkCodes: { readonly [code: string]: Rule | undefined } = {
  CONNECT_TIMEOUT: unreachable,
  CONNECTION_CLOSED: lost,
  CONNECTION_DESTROYED: lost,
  CONNECTION_ENDED: lost,
  EAI_AGAIN: unreachable,
  ECONNREFUSED: unreachable,
  ECONNRESET: lost,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  ENOENT: unreachable,
  ENOTFOUND: unreachable,
  EPIPE: lost,
  ETIMEDOUT: { ...unreachable, text: "it does not answer in time; see that it runs" },
  SASL_SIGNATURE_MISMATCH: noLogin,
};

export interface PostgresFailure {
  readonly kind: PostgresFailureKind;
  readonly error: ReefError;
}

/** Whatever was thrown while the server that is `shown` was used; a ReefError keeps its meaning. */
export function translateError(
  thrown: unknown,
  shown: string,
  options: { readonly maybeExecuted?: boolean } = {},
): PostgresFailure {
  const { maybeExecuted = false } = options;
  if (thrown instanceof ReefError) return { kind: "final", error: thrown };
  const code = codeOf(thrown);
  const rule = ruleFor(code);
  if (rule === undefined) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    const text = `Cannot use PostgreSQL at "${shown}": a bug, ${why}; report it`;
    return {
      kind: "final",
      error: new ReefError("internal", text, { cause: thrown, maybeExecuted }),
    };
  }
  const text = `Cannot use PostgreSQL at "${shown}": ${rule.text} (${code})`;
  return {
    kind: rule.kind,
    error: new ReefError(rule.code, text, { cause: thrown, maybeExecuted }),
  };
}

/** Whether the server itself says that what failed was undone, and goes on with the connection. */
export function isUndone(thrown: unknown): boolean {
  const severity = thrown instanceof Error && "severity" in thrown ? thrown.severity : undefined;
  return severity === "ERROR" && ruleFor(codeOf(thrown))?.kind !== "connection";
}

/** SQLSTATE or the name of a failure of the network; empty for what has none. */
export function codeOf(thrown: unknown): string {
  return thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
}

function ruleFor(code: string): Rule | undefined {
  const known =
    networkCodes[code] ??
    sqlStates[code] ??
    sqlStates[code.slice(0, 3)] ??
    sqlStates[code.slice(0, 2)];
  // OpenSSL has many names for it: SELF_SIGNED_CERT_IN_CHAIN, ERR_TLS_CERT_ALTNAME_INVALID.
  return known ?? (/CERT|TLS|SSL|SIGNATURE/.test(code) ? untrusted : undefined);
}
