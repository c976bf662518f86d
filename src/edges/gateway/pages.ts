/** What the gateway answers itself: its front page and the list of services. */
import type { Exchange } from "./exchange.ts";
import { refusal } from "../../rpc/http/problem.ts";
import type { ServeHost } from "./serve.ts";

type Page = (host: ServeHost) => unknown;

/** By canonical path. Their names are reserved, so no service can stand here (`reserved.ts`). */
export const pages: ReadonlyMap<string, Page> = new Map<string, Page>([
  ["/", ({ version }) => ({ name: "reef", version, links: { services: "/services" } })],
  ["/services", ({ catalog }) => catalog.list()],
]);

const allow = "GET, HEAD, OPTIONS";

/** @throws {ReefError} `method_not_allowed` */
export function sendPage(exchange: Exchange, path: string, content: unknown): void {
  const { method } = exchange.request;
  if (method !== "GET" && method !== "HEAD") {
    throw refusal("method_not_allowed", `Cannot ${method} ${path}: it takes ${allow}`, { allow });
  }
  exchange.send(200, "application/json", Buffer.from(`${JSON.stringify(content)}\n`));
}

/**
 * What may be done with a path. To a page of an allowed origin it is also the answer that lets its browser go on.
 * @throws {ReefError} `not_found` for nobody's path
 */
export function sendOptions(exchange: Exchange, path: string, { catalog }: ServeHost): void {
  const verbs = pages.has(path) ? allow : [...catalog.routes.verbs(path), "OPTIONS"].join(", ");
  // Says what is missing, in the same words as a call.
  if (verbs === "OPTIONS") catalog.routes.find("OPTIONS", path);
  const forBrowsers = ["access-control-allow-methods", verbs, ...preflight];
  exchange.sendEmpty(204, "allow", verbs, ...(exchange.origin === undefined ? [] : forBrowsers));
}

const preflight = [
  "access-control-allow-headers",
  "content-type, if-match, if-none-match, traceparent, x-request-id, x-timeout-ms",
  "access-control-max-age",
  "600",
];
