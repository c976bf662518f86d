/** For tests: a program that answers calls as docs/foreign-programs.md says, with handlers of reef behind it. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { DeadlineSweep } from "../../core/deadline.ts";
import { ReefError } from "../../core/errors.ts";
import { type CallOptions, timeoutDefaultMs } from "../client-call.ts";
import { createClient } from "../client.ts";
import { decodeMetadata, type Metadata } from "../metadata.ts";
import type { Service } from "../service.ts";
import { openQuietServer } from "../test-probe.ts";
import { parseTraceparent } from "../trace.ts";
import type { Transport } from "../transport.ts";
import { besideFields } from "./beside-headers.ts";
import { problemContentType, problemFrom } from "./problem.ts";

export interface Program extends AsyncDisposable {
  readonly address: { readonly kind: "tcp"; readonly host: string; readonly port: number };
}

/** Serves each request by itself. */
export async function openProgram(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Program> {
  const server = createServer({ keepAliveTimeout: 5_000 }, answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    address: { kind: "tcp", host: "127.0.0.1", port },
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A program whose answers come from services. */
export async function openServingProgram(services: readonly Service[]): Promise<Program> {
  await using stack = new AsyncDisposableStack();
  const route = stack.use((await stackServer(services, stack)).direct());
  const program = stack.use(
    await openProgram((request, response) => void serve(request, response, services, route)),
  );
  const owned = stack.move();
  return { address: program.address, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function stackServer(services: readonly Service[], stack: AsyncDisposableStack) {
  return stack.use(await openQuietServer(services, []));
}

/** What goes beside an answer: fields of its head, and a line at the end of a stream. */
interface Said {
  readonly fields: string[];
  trailers?: Metadata;
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  services: readonly Service[],
  route: Transport,
): Promise<void> {
  const said: Said = { fields: [] };
  try {
    await answerCall(request, response, { services, route, said });
  } catch (thrown) {
    const error = ReefError.from(thrown);
    const problem = { ...problemOf(error), maybeExecuted: error.maybeExecuted };
    if (response.headersSent) {
      writeTrailers(response, said);
      return void response.end(`${JSON.stringify(["error", problem])}\n`);
    }
    response.writeHead(problem.status, ["content-type", problemContentType, ...allFields(said)]);
    response.end(JSON.stringify(problem));
  }
}

async function answerCall(
  request: IncomingMessage,
  response: ServerResponse,
  { services, route, said }: { services: readonly Service[]; route: Transport; said: Said },
): Promise<void> {
  const [, name = "", method = ""] = request.url?.split("/") ?? [];
  const service = services.find(({ contract }) => contract.name === name);
  if (!service) throw refused("not_found", `there is no service "${name}"`);
  const kind = service.contract.methods[method]?.kind;
  if (!kind) throw refused("unimplemented", `there is no method "${method}"`);
  let text = "";
  for await (const chunk of request) text += String(chunk);
  const client = createClient(service.contract, { route, deadlines: new DeadlineSweep() });
  const input = service.contract.methods[method]?.input.json.decode(
    Buffer.from(text),
    0,
    Buffer.byteLength(text),
  );
  // The kind of the method says what its function takes and gives.
  const call = client[method] as unknown as (input: unknown, options: CallOptions) => unknown;
  const answer = call(input, {
    ...optionsOf(request, response, kind === "server_stream"),
    onHeaders(headers) {
      said.fields.push(...besideFields("headers", headers));
      if (kind === "server_stream") beginLines(response, said);
    },
    onTrailers: (trailers) => void (said.trailers = trailers),
  });
  if (kind === "server_stream") return sendLines(response, answer as AsyncIterable<unknown>, said);
  const value = await (answer as Promise<unknown>);
  if (kind === "notify") return void response.writeHead(202).end();
  const head = ["content-type", "application/json", ...allFields(said)];
  response.writeHead(200, head).end(toText(value));
}

function allFields({ fields, trailers = {} }: Said): string[] {
  return [...fields, ...besideFields("trailers", trailers)];
}

function writeTrailers(response: ServerResponse, { trailers }: Said): void {
  if (trailers) response.write(`${JSON.stringify(["trailers", trailers])}\n`);
}

function optionsOf(
  { headers }: IncomingMessage,
  response: ServerResponse,
  stream: boolean,
): CallOptions {
  const left = new AbortController();
  response.once("close", () => left.abort(new ReefError("cancelled", "The caller has left")));
  const given = headers["x-timeout-ms"];
  const timeoutMs = given === undefined ? undefined : Number(given);
  const trace = parseTraceparent(String(headers["traceparent"]));
  return {
    signal: left.signal,
    metadata: decodeMetadata(String(headers["x-reef-metadata"] ?? "{}")),
    ...(trace && { trace }),
    ...((timeoutMs !== undefined || !stream) && { timeoutMs: timeoutMs ?? timeoutDefaultMs }),
  };
}

async function sendLines(
  response: ServerResponse,
  items: AsyncIterable<unknown>,
  said: Said,
): Promise<void> {
  const iterator = items[Symbol.asyncIterator]();
  let next = await iterator.next();
  beginLines(response, said);
  for (; !next.done; next = await iterator.next()) {
    if (!response.write(`${toText(next.value)}\n`) && !response.destroyed) {
      await Promise.race([once(response, "drain"), once(response, "close")]);
    }
    if (response.destroyed) break;
  }
  await iterator.return?.();
  writeTrailers(response, said);
  response.end();
}

function beginLines(response: ServerResponse, { fields }: Said): void {
  if (response.headersSent) return;
  response.writeHead(200, ["content-type", "application/x-ndjson", ...fields]);
  response.flushHeaders();
}

function problemOf(error: ReefError) {
  const { reason, domain, data } = error;
  return problemFrom(
    new ReefError(error.code, error.message, {
      reason,
      domain,
      violations: error.violations,
      data: data === undefined ? undefined : JSON.parse(toText(data)),
    }),
    "test",
  ).problem;
}

/** Values of the probe as its contract writes them in JSON. */
function toText(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, key, each: unknown) {
    if (typeof each === "bigint") return String(each);
    const own = this[key];
    return own instanceof Uint8Array ? Buffer.from(own).toString("base64") : each;
  });
}

function refused(code: "not_found" | "unimplemented", rule: string): ReefError {
  return new ReefError(code, `Cannot answer: ${rule}`, { maybeExecuted: false });
}
