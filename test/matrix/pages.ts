/** What an entrance, and the port of a service, says itself: each path of it, as one more way in. */
import type { EntrancePage } from "../../src/core/access-rules.ts";
import type { Platform } from "../../src/framework/platform.ts";
import { type Asked, type Ended, type Headers, protoEntrances } from "../doors/entrances.ts";
import { type Role, type Tokens } from "./roles.ts";

/** Disposing closes its connections. */
export interface Ways extends AsyncDisposable {
  readonly ways: readonly Way[];
}

interface Way {
  readonly name: string;
  /** What rules are asked about: a page, or a method of a block. */
  readonly about: EntrancePage | `${string}/${string}`;
  ask(role: Role, namespace: string): Promise<Ended>;
}

export interface PageOptions {
  readonly tokens: Tokens;
  /** A service's own port has one namespace, and needs none. */
  readonly namesNamespace: boolean;
}

/** Paths that only the web has: pages of the gateway, and methods of blocks by other paths than their own. */
const webPaths = [
  ["services", "GET", "/"],
  ["services", "GET", "/services"],
  ["services", "HEAD", "/services"],
  ["services", "GET", "/none/such"],
  ["services", "POST", "/none/such"],
  ["services", "OPTIONS", "/none/such"],
  ["contracts", "GET", "/openapi.json"],
  ["contracts", "GET", "/open/openapi.json"],
  ["auth/keys", "GET", "/.well-known/jwks.json"],
  ["store/get", "GET", "/store/tables/cells/hi"],
  ["store/get", "HEAD", "/store/tables/cells/hi"],
  ["store/put", "PUT", "/store/tables/cells/hi"],
  ["store/delete", "DELETE", "/store/tables/cells/no"],
] as const;

const reflects = { kind: "bidi_stream", input: { listServices: "" } } as const;
const protoPaths: readonly (readonly [EntrancePage, Omit<Asked, "path">])[] = [
  ["health", { proto: "/grpc.health.v1.Health/Check", kind: "unary", input: {} }],
  ["health", { proto: "/grpc.health.v1.Health/Watch", kind: "server_stream", input: {} }],
  ...["v1", "v1alpha"].map((version) => {
    const proto = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
    return ["contracts", { ...reflects, proto }] as const;
  }),
  ["services", { proto: "/none.v1.None/Such", kind: "unary", input: {} }],
];

const json: RequestInit & { headers?: Headers } = {
  headers: { "content-type": "application/json" },
  body: "{}",
};

export function webWays(url: string, options: PageOptions): Way[] {
  return webPaths.map(([about, method, path]) => ({
    name: `${method} ${path} at the gateway`,
    about,
    async ask(role, namespace) {
      const headers = headersOf(role, namespace, options);
      const sent = method === "PUT" || method === "POST" ? json : {};
      const answer = await fetch(url + path, {
        ...sent,
        method,
        headers: { ...headers, ...sent.headers },
      });
      const text = await answer.text();
      if (answer.status === 401) return { code: "unauthenticated", text };
      return { code: answer.status === 403 ? "permission_denied" : undefined, text };
    },
  }));
}

/** Of the proxy, or of a service's own port. */
export function protoWays(url: string, place: string, options: PageOptions): Ways {
  const entrances = protoEntrances(url);
  const ways = entrances.flatMap(({ name, ask }) =>
    protoPaths.map(([about, asked]) => ({
      name: `${asked.proto} by ${name} at ${place}`,
      about,
      ask: (role: Role, namespace: string) =>
        ask({ ...asked, path: "" }, headersOf(role, namespace, options)),
    })),
  );
  return {
    ways,
    async [Symbol.asyncDispose]() {
      await Promise.all(entrances.map((each) => each[Symbol.asyncDispose]()));
    },
  };
}

function headersOf(role: Role, namespace: string, options: PageOptions): Headers {
  const token = options.tokens.get(role);
  return {
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(options.namesNamespace && { "reef-namespace": namespace }),
  };
}

/** Each page is left to others than the next, so that one that is taken for another is seen. */
export async function closePages(auth: Platform["auth"]): Promise<void> {
  const page = (endpoint: string) => ({ type: "block", name: "entrance", endpoint });
  const [denied, granted] = [
    { access: "denied", priority: 10 },
    { access: "granted", priority: 20 },
  ] as const;
  await auth.putRule({ id: "no-pages", scope: "", resource: page("*"), ...denied });
  await auth.putRule({ id: "list", scope: "*", resource: page("services"), ...granted });
  await auth.putRule({ id: "api", scope: "service", resource: page("contracts"), ...granted });
}
