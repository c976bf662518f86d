/**
 * Who may what on a platform as it begins, written by hand: the matrix holds every entrance against it. A method that
 * is not here fails the test.
 */
import type { Code } from "../../src/core/errors.ts";
import type { EntrancePage } from "../../src/core/access-rules.ts";
import { type Namespace, type Role, type Standing, standings } from "./roles.ts";

const everybody = ["nobody", "account", "service", "owner", "home owner"] as const;
const accounts = ["account", "service", "owner", "home owner"] as const;
const services = ["service", "owner", "home owner"] as const;
const owners = ["owner", "home owner"] as const;
const homeOwners = ["home owner"] as const;

/** Who may, and what is asked in the cells of the method. Its text `NAMESPACE` and `TOKEN` are those of the cell. */
export type Row = readonly [may: readonly Standing[], input: object];
export interface Rows {
  readonly [service: string]: { readonly [method: string]: Row };
}

const id = "user:somebody-else";
const rule = {
  id: "rule-of-a-cell",
  scope: "of-nobody",
  resource: { type: "service", name: "none", endpoint: "*" },
  access: "granted",
  priority: 0,
};
const secret = "a long enough secret";
const entry = { table: "cells", key: "aGk=" };
const program = { spec: { source: "/nowhere/program.ts" } };
const expected = { namespace: "NAMESPACE", service: "ghost" };

export const blockRows: Rows = {
  auth: {
    createAccount: [owners, { id: "user:ann", secret }],
    account: [owners, { id }],
    accounts: [owners, {}],
    changeAccount: [owners, { id }],
    renewSecret: [owners, { id }],
    deleteAccount: [owners, { id }],
    login: [everybody, { id: "no-name", secret }],
    refresh: [everybody, { refreshToken: "none" }],
    logout: [everybody, { refreshToken: "none" }],
    issue: [owners, { id }],
    createToken: [owners, { id }],
    sessions: [owners, {}],
    endSession: [owners, { session: "none" }],
    rules: [owners, {}],
    putRule: [owners, { rule }],
    deleteRule: [owners, { id: "none" }],
    explain: [owners, { resource: rule.resource }],
    audit: [owners, {}],
    report: [services, { reports: [] }],
    keys: [everybody, {}],
    rotateKeys: [homeOwners, {}],
    verify: [services, { token: "TOKEN", audience: "none" }],
    exchange: [accounts, { token: "TOKEN", audience: "open" }],
    watch: [services, {}],
  },
  namespaces: {
    create: [homeOwners, { name: "acme" }],
    get: [accounts, { name: "NAMESPACE" }],
    list: [accounts, {}],
    change: [homeOwners, { name: "none" }],
    delete: [homeOwners, { name: "none" }],
    watch: [accounts, {}],
  },
  platform: {
    status: [services, {}],
  },
  registry: {
    hold: [services, { say: { expect: expected } }],
    resolve: [accounts, expected],
    list: [accounts, {}],
    contract: [accounts, { digest: "none" }],
    watch: [accounts, {}],
  },
  runtime: {
    // A program may do what the user of the platform may, so that owners of other namespaces would be owners of all.
    run: [homeOwners, program],
    update: [homeOwners, { name: "none", changes: {} }],
    restart: [owners, { name: "none" }],
    kill: [owners, { name: "none" }],
    list: [owners, {}],
    logs: [owners, { name: "none" }],
  },
  store: {
    get: [services, entry],
    put: [services, { ...entry, value: "aGk=" }],
    delete: [services, { table: "cells", key: "bm8=" }],
    batch: [services, { table: "cells", operations: [] }],
    list: [services, { table: "cells" }],
    tables: [services, {}],
    survives: [services, {}],
    watch: [services, { table: "cells" }],
  },
};

/** `vault` is closed to nobody known by a rule of the test; `open` is as services begin. */
export const serviceRows: Rows = {
  open: {
    hello: [everybody, { name: "you" }],
    nothing: [everybody, {}],
    log: [everybody, { text: "" }],
    count: [everybody, { to: 1 }],
    sum: [everybody, { n: 1 }],
    chat: [everybody, { n: 1 }],
  },
  vault: {
    hello: [accounts, { name: "you" }],
    nothing: [accounts, {}],
    log: [accounts, { text: "" }],
    count: [accounts, { to: 1 }],
    sum: [accounts, { n: 1 }],
    chat: [accounts, { n: 1 }],
  },
};

const all: readonly Role[] = ["anonymous", "account", "service", "owner", "tenant"];
const known: readonly Role[] = ["account", "service", "owner", "tenant"];

export type PageRows = {
  readonly [place in "entrances" | Namespace]: { readonly [page in EntrancePage]: readonly Role[] };
};

/**
 * Who is told what there is, as a platform begins: at an entrance, where one who names a namespace that is not his to
 * act in is told nothing, and at the port of a service of a namespace.
 */
export const pageRows: PageRows = {
  entrances: { services: all, contracts: all, health: all },
  default: { services: all, contracts: all, health: all },
  acme: { services: ["owner", "tenant"], contracts: ["owner", "tenant"], health: all },
};

/** The same where rules leave the list to accounts, contracts to services, and health to owners alone. */
export const closedPageRows: PageRows = {
  entrances: {
    services: known,
    contracts: ["service", "owner", "tenant"],
    health: ["owner", "tenant"],
  },
  default: {
    services: ["account", "service", "owner"],
    contracts: ["service", "owner"],
    health: ["owner"],
  },
  acme: {
    services: ["owner", "tenant"],
    contracts: ["owner", "tenant"],
    health: ["owner", "tenant"],
  },
};

export interface PageCell extends Pick<Cell, "role" | "namespace"> {
  readonly page: EntrancePage;
  readonly place: keyof PageRows;
}

export function expectedOfPage({ role, namespace, page, place }: PageCell, rows: PageRows) {
  const isHis = place !== "entrances" || standings[role][namespace] !== undefined;
  if (isHis && rows[place][page].includes(role)) return "in";
  return role === "anonymous" ? "unauthenticated" : "permission_denied";
}

/** Who has no token yet proves himself in any namespace. */
const provenInCall: ReadonlySet<string> = new Set(["auth/login", "auth/refresh", "auth/logout"]);

export interface Cell {
  readonly role: Role;
  readonly namespace: Namespace;
  readonly service: string;
  readonly method: string;
}

/** At a block, or at an entrance of the platform. */
export function expectedOf({ role, namespace, service, method }: Cell, [may]: Row): "in" | Code {
  const standing = standings[role][namespace];
  if (role === "anonymous" && provenInCall.has(`${service}/${method}`)) return "in";
  if (standing !== undefined && may.includes(standing)) return "in";
  return role === "anonymous" ? "unauthenticated" : "permission_denied";
}

/**
 * At the address of a service itself, which is in one namespace whoever calls: those of others are there as nobody
 * known is, and in the home a rule lets that one call what is open.
 */
export function expectedAtService(cell: Cell, row: Row): "in" | Code {
  const { role, namespace, service } = cell;
  if (namespace === "default" && service === "open" && role === "tenant") return "in";
  return expectedOf(cell, row);
}
