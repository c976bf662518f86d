/** What the gateway answers itself: its front page, the list of services, and what they promise as OpenAPI. */
import type { EntrancePage } from "../../core/access-rules.ts";
import type { Exchange } from "./exchange.ts";
import { refusal } from "../../rpc/http/problem.ts";
import { entryAt, entryVerbs } from "./store-entries.ts";
import { sendTagged } from "./send-tagged.ts";
import type { ServeHost } from "./serve.ts";

type Page = (host: ServeHost) => unknown;

/** By canonical path. Their names are reserved, so no service can stand here (`reserved-names.ts`). */
const pages: ReadonlyMap<string, Page> = new Map<string, Page>([
  [
    "/",
    ({ version }) => {
      return { name: "reef", version, links: { services: "/services", openapi: "/openapi.json" } };
    },
  ],
  ["/services", ({ catalog }) => catalog.list()],
]);

const openApiEnd = "/openapi.json";

/** What answers at a path, and as what rules know it. */
interface FoundPage {
  readonly page: EntrancePage;
  send(exchange: Exchange): void;
}

/** Undefined where a service answers, or nobody. */
export function pageAt(path: string, host: ServeHost): FoundPage | undefined {
  const page = pages.get(path);
  if (page) {
    const send = (exchange: Exchange) => {
      const body = Buffer.from(`${JSON.stringify(page(host))}\n`);
      exchange.send(200, "application/json", body);
    };
    return { page: "services", send };
  }
  // A service that is bound to this very path answers there itself.
  if (!path.endsWith(openApiEnd) || host.catalog.routes.hasExact(path)) return undefined;
  const document = host.openApi.below(path.slice(0, -openApiEnd.length));
  return document && { page: "contracts", send: (exchange) => sendTagged(exchange, document) };
}

const allow = "GET, HEAD, OPTIONS";

/** @throws {ReefError} `method_not_allowed` */
export function sendPage(exchange: Exchange, path: string, { send }: FoundPage): void {
  const { method } = exchange.request;
  if (method !== "GET" && method !== "HEAD") {
    throw refusal("method_not_allowed", `Cannot ${method} ${path}: it takes ${allow}`, { allow });
  }
  send(exchange);
}

/**
 * What may be done with a path. To a page of an allowed origin it is also the answer that lets its browser go on.
 * @throws {ReefError} `not_found` for nobody's path
 */
export function sendOptions(exchange: Exchange, path: string, host: ServeHost): void {
  const { catalog } = host;
  const known = entryAt(path, host) ? entryVerbs : catalog.routes.verbs(path);
  const verbs = pageAt(path, host) ? allow : [...known, "OPTIONS"].join(", ");
  // Says what is missing, in the same words as a call.
  if (verbs === "OPTIONS") catalog.routes.find("OPTIONS", path);
  const forBrowsers = ["access-control-allow-methods", verbs, ...preflight];
  exchange.sendEmpty(204, "allow", verbs, ...(exchange.origin === undefined ? [] : forBrowsers));
}

const preflight = [
  "access-control-allow-headers",
  "authorization, content-type, if-match, if-none-match, reef-namespace, traceparent, x-request-id, x-timeout-ms",
  "access-control-max-age",
  "600",
];
