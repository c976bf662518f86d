/** The one input of a call as JSON bytes, from wherever the contract says it comes. */
import type { ReefError } from "../../core/errors.ts";
import { refusal } from "../../rpc/http/problem.ts";
import { inputAroundBody, inputFromBody, inputFromQuery } from "./bound-input.ts";
import type { Exchange } from "./exchange.ts";
import {
  type BodyMeter,
  checkBodyHeaders,
  checkCodings,
  emptyObject,
  hasBody,
} from "./read-body.ts";
import type { Match } from "./routes.ts";

/** The input; at once where there is no body to wait for. */
export function readInput(
  exchange: Exchange,
  { endpoint: { method, binding }, captures }: Match,
  query: string | undefined,
  meter: BodyMeter,
  translate?: (body: Buffer) => Buffer,
): Buffer | Promise<Buffer> {
  const { request } = exchange;
  const field = binding?.bodyField;
  if (field !== undefined) {
    checkBodyHeaders(request);
    return exchange
      .body(meter)
      .then((body) => inputAroundBody(method.input, { captures, query }, field, body));
  }
  if (binding?.rest === "query") {
    if (!hasBody(request)) return inputFromQuery(method.input, captures, query);
    throw refusal("bad_request", `Cannot take a body with ${request.method}: use the query`);
  }
  if (query !== undefined) throw unusedQuery(query);
  const body = translate ? translated(exchange, meter, translate) : wholeBody(exchange, meter);
  if (captures.length === 0) return body;
  return body.then((bytes) => {
    return inputFromBody(method.input, captures, bytes.length === 0 ? emptyObject : bytes);
  });
}

function wholeBody(exchange: Exchange, meter: BodyMeter): Promise<Buffer> {
  checkBodyHeaders(exchange.request);
  return exchange.body(meter);
}

/** Of a type that was checked already. */
function translated(
  exchange: Exchange,
  meter: BodyMeter,
  translate: (body: Buffer) => Buffer,
): Promise<Buffer> {
  checkCodings(exchange.request);
  return exchange.body(meter, { binary: true }).then(translate);
}

export function unusedQuery(query: string): ReefError {
  // Its values are not said again: what answers say is kept in logs.
  const name = /^([^=&]*)=/.exec(query)?.[1];
  const shown = name === undefined ? "" : ` with "${name}"`;
  return refusal("bad_request", `Cannot use the query${shown}: the body carries the input here`);
}
