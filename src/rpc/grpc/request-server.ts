/** Finds for each request of HTTP what it asks for, and refuses what is not for this port. */
import { ReefError } from "../../core/errors.ts";
import { namespaceHeader } from "../doorkeeper/acting-namespace.ts";
import { problemFrom, refusal } from "../http/problem.ts";
import { readConnectGet } from "./connect-get.ts";
import { type Terms, termsOf } from "./dialect.ts";
import { type AnswerHeaders, type Exchange, single } from "./exchange.ts";
import { grpc } from "./grpc-dialect.ts";
import { type CallHost, HttpCall } from "./http-call.ts";
import { type PageGuard, preflightHeaders } from "./page-guard.ts";
import type { ProtoRoute, RouteFinder } from "./proto-routes.ts";

export interface RequestServerOptions {
  readonly routes: RouteFinder;
  readonly host: CallHost;
  readonly guard: PageGuard;
  /** Why no call is taken now. */
  readonly refusal: () => ReefError | undefined;
}

/** What the request's answer depends on beside its call. */
interface Asked {
  readonly exchange: Exchange;
  readonly terms: Terms | undefined;
  readonly page: AnswerHeaders | undefined;
}

export class RequestServer {
  readonly #options: RequestServerOptions;

  constructor(options: RequestServerOptions) {
    this.#options = options;
  }

  /** `local` is what came through a Unix socket. */
  serve(exchange: Exchange, local: boolean): void {
    const terms = termsOf(single(exchange.headers, "content-type"));
    let page: AnswerHeaders | undefined;
    try {
      if (!local) page = this.#options.guard.check(exchange);
      this.#serve({ exchange, terms, page });
    } catch (error) {
      refuse({ exchange, terms, page }, ReefError.from(error));
    }
  }

  #serve(asked: Asked): void {
    const { exchange, terms, page } = asked;
    const { verb } = exchange;
    if (verb === "GET") return this.#get(asked);
    if (verb === "OPTIONS" && page) return exchange.answer(preflightHeaders(page));
    if (verb !== "POST" || !terms) throw wrongDoor(exchange);
    if (terms.dialect === grpc && !exchange.trailers) throw needsHttp2();
    const query = exchange.path.indexOf("?");
    const path = query === -1 ? exchange.path : exchange.path.slice(0, query);
    this.#find(asked, terms, (routes) => {
      const route = this.#route(routes, path, terms);
      new HttpCall({ exchange, terms, route, host: this.#options.host, pageHeaders: page }).start();
    });
  }

  #get({ exchange, page }: Asked): void {
    const [path = "", query = ""] = exchange.path.split("?", 2);
    const asked = readConnectGet(query, this.#options.host.limits.messageBytes);
    if (!asked) throw wrongDoor(exchange);
    const { terms, message } = asked;
    try {
      this.#find({ exchange, terms, page }, terms, (routes) => {
        const route = this.#route(routes, path, terms);
        if (!route.reads()) throw mayChange(path);
        const { host } = this.#options;
        new HttpCall({ exchange, terms, route, host, pageHeaders: page, message }).start();
      });
    } catch (error) {
      refuse({ exchange, terms, page }, ReefError.from(error));
    }
  }

  /** Goes on where the paths of the caller are: at once, if nobody has to be asked first. */
  #find(asked: Asked, terms: Terms, goOn: (routes: RouteFinder) => void): void {
    const { routes } = this.#options;
    const { exchange } = asked;
    const authorization = single(exchange.headers, "authorization");
    const namespace = single(exchange.headers, namespaceHeader);
    if (!routes.at || (authorization === undefined && namespace === undefined)) return goOn(routes);
    const found = routes.at({ authorization, namespace, visitor: exchange });
    if (!(found instanceof Promise)) return goOn(found);
    void found
      .then((there) => exchange.isGone || goOn(there))
      .catch((error: unknown) => refuse({ ...asked, terms }, ReefError.from(error)));
  }

  #route(routes: RouteFinder, path: string, { codec }: Terms): ProtoRoute {
    const refused = this.#options.refusal();
    if (refused) throw refused;
    const route = routes.find(path, codec);
    if (route instanceof ReefError) throw route;
    return route;
  }
}

/** In the caller's protocol where it has one that we know, else as a status of HTTP with a line of text. */
function refuse({ exchange, terms, page }: Asked, error: ReefError): void {
  if (exchange.isGone) return;
  if (terms && (terms.dialect !== grpc || exchange.trailers)) {
    const head = { headers: () => ({ ...terms.head, ...page }) };
    terms.dialect.end({ exchange, terms, head, begun: false, error });
    return;
  }
  const { problem, headers } = problemFrom(error, "");
  const body = Buffer.from(`${problem.detail}\n`);
  const answer: AnswerHeaders = {
    ":status": problem.status,
    "content-type": "text/plain; charset=utf-8",
    "content-length": body.length,
  };
  for (let index = 0; index < headers.length; index += 2) {
    answer[headers[index] ?? ""] = headers[index + 1] ?? "";
  }
  exchange.answer(answer, body);
}

function wrongDoor({ verb }: Exchange): ReefError {
  return refusal(
    "unsupported_media_type",
    `Cannot answer this ${verb}: this port of a reef service speaks gRPC, gRPC-Web, Connect and reef's own wire; ` +
      "other HTTP goes through the gateway",
  );
}

function needsHttp2(): ReefError {
  return refusal(
    "unsupported_media_type",
    "Cannot speak gRPC over HTTP/1.1: it needs HTTP/2; gRPC-Web and Connect do not",
  );
}

function mayChange(path: string): ReefError {
  return new ReefError(
    "unimplemented",
    `Cannot call ${path} with GET: its contract neither binds it to a GET nor says NO_SIDE_EFFECTS, so it may change something; use POST`,
    { maybeExecuted: false },
  );
}
