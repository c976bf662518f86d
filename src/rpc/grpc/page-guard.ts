/**
 * Keeps pages of other sites off the port of a service, by the rules that the gateway has: `Host` must be a name that
 * we know, and what a browser marks as made by another site needs an allowed `Origin`. Through a Unix socket no page
 * comes.
 */
import { HostNames } from "../http/host-names.ts";
import { Origins } from "../http/origins.ts";
import type { Certificate } from "../secure-sockets.ts";
import { type AnswerHeaders, type Exchange, single } from "./exchange.ts";

export interface PageGuardOptions {
  /** Names by which the port may be called beside the loopback names; without port. */
  readonly hosts: readonly string[];
  /** Of the port; its names are known, too. @default it has none */
  readonly certificate?: Certificate | undefined;
  /** Sites whose pages may call: `https://shop.example`. */
  readonly origins: readonly string[];
}

export class PageGuard {
  readonly #hosts: HostNames;
  readonly #origins: Origins;
  /** The last that was fine: a connection says the same for each of its calls. */
  #known: string | undefined;

  constructor({ hosts, certificate, origins }: PageGuardOptions) {
    this.#hosts = new HostNames(hosts, certificate);
    this.#origins = new Origins(origins);
  }

  /**
   * What the answer must say for its browser to show it to the page; undefined for everybody else.
   * @throws {ReefError} a refusal
   */
  check({ headers }: Exchange): AnswerHeaders | undefined {
    const host = single(headers, ":authority") ?? single(headers, "host");
    if (host === undefined || host !== this.#known) {
      this.#hosts.check(host);
      this.#known = host;
    }
    const origin = single(headers, "origin");
    const fetchSite = single(headers, "sec-fetch-site");
    if (origin === undefined && fetchSite === undefined) return undefined;
    const allowed = this.#origins.check({ host, origin, fetchSite });
    return allowed === undefined ? undefined : headersFor(allowed);
  }
}

/** The answer to a browser that asks what a page may send. */
export function preflightHeaders(page: AnswerHeaders): AnswerHeaders {
  return {
    ":status": 204,
    ...page,
    "access-control-allow-methods": "GET, POST",
    // The star leaves this one out: Fetch, "CORS non-wildcard request-header name".
    "access-control-allow-headers": "*, authorization",
    "access-control-max-age": maxAgeS,
  };
}

/** Two hours are what browsers keep at the most. */
const maxAgeS = 7_200;

function headersFor(origin: string): AnswerHeaders {
  return {
    "access-control-allow-origin": origin,
    "access-control-expose-headers": "*",
    vary: "origin",
  };
}
