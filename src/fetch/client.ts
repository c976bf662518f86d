/** The client where there is no Node: in browsers, workers and edges, over `fetch`. */
import type { Contract } from "../contract/contract.ts";
import { DeadlineSweep } from "../core/deadline.ts";
import { ReefError } from "../core/errors.ts";
import type { CallOptions } from "../rpc/client-call.ts";
import { clientMethods } from "../rpc/client-methods.ts";
import type { Client } from "../rpc/client.ts";
import type { Middleware } from "../rpc/middleware.ts";
import { FetchRoute } from "./fetch-route.ts";
import { streamsBodies } from "./inputs.ts";
import { jsonForm } from "./json-form.ts";

/** Where a client finds its service, and what it does with every call. */
export interface FetchClientOptions {
  /** Of the gateway, `https://api.example`; relative to the page where there is one. @default where the page came from */
  readonly baseUrl?: string;
  /** Around every call; the first is the outermost. @default [] */
  readonly use?: readonly Middleware[];
  /** Used where a call does not say otherwise. */
  readonly defaults?: Pick<CallOptions, "timeoutMs">;
  /** Sends requests; one of your own may add headers or credentials. @default the platform's */
  readonly fetch?: typeof fetch;
  /**
   * Whether a body is sent while it is being made. A browser does so over HTTP/2 only, and otherwise the messages of a
   * caller are kept until the last one.
   * @default true where the platform can and is no browser
   */
  readonly requestStreams?: boolean;
}

/**
 * A client of a contract, through the gateway at `baseUrl`. It promises what the client of programs promises: 5 seconds
 * unless a call says otherwise, cancelling, typed errors, streams as async iterables. Making it does nothing.
 *
 * @throws {ReefError} `invalid_argument` for a base URL that is none
 */
export function client<C extends Contract>(
  contract: C,
  options: FetchClientOptions = {},
): Client<C> {
  const { use, defaults, requestStreams = streamsBodies() } = options;
  const route = new FetchRoute({
    baseUrl: parseBaseUrl(options.baseUrl),
    form: jsonForm,
    // As a function of its own: some platforms refuse to be called as a method.
    fetch: options.fetch ?? ((...request) => fetch(...request)),
    requestStreams,
  });
  return clientMethods(contract, {
    route,
    deadlines: new DeadlineSweep(),
    ...(use && { use }),
    ...(defaults && { defaults }),
    currentCall: noCall,
    close: () => route[Symbol.asyncDispose](),
  });
}

/** Where nothing handles calls, no call is a part of another. */
function noCall(): undefined {}

function parseBaseUrl(given: string | undefined): string {
  // Only browsers have it, and the types are those of Node.
  const page = (globalThis as { readonly location?: { readonly href: string } }).location?.href;
  const text = given ?? (page && "/");
  const url = text !== undefined && URL.canParse(text, page) ? new URL(text, page) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.search === "" && url.hash === "") {
    return url.href.replace(/\/+$/, "");
  }
  const found = given === undefined ? "there is none" : `it is "${given}"`;
  throw new ReefError(
    "invalid_argument",
    `Cannot make a client: baseUrl must be a URL such as "https://api.example", ${found}`,
    { maybeExecuted: false },
  );
}
