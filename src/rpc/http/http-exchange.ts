/** One call to a program that speaks HTTP: its request, and what comes back. */
import { type ClientRequest, type IncomingMessage, request } from "node:http";

import type { Clock } from "../../core/clock.ts";
import { ReefError } from "../../core/errors.ts";
import { type ClientCall, type ClientCarrier, returnsStream } from "../client-call.ts";
import { callContext } from "../context.ts";
import { formatHttpAddress, type TcpAddress } from "../address.ts";
import type { Beside } from "../given-response.ts";
import { decodeMetadata } from "../metadata.ts";
import { reasonOf, unreachable } from "../open-socket.ts";
import { InboundStream } from "../stream-inbound.ts";
import { besideOfHead } from "./beside-headers.ts";
import type { CallAgent } from "./call-agent.ts";
import type { CheckedMessages } from "./checked-messages.ts";
import { headersOf } from "./headers.ts";
import { limitInterim } from "./limit-interim.ts";
import type { HttpLimits } from "./limits.ts";
import { checkJson, readWhole } from "./read-answer.ts";
import { readItems, streamFormOf } from "./read-items.ts";
import { errorOfAnswer, errorOfProblem, parseProblem } from "./read-problem.ts";

export interface ExchangeHost {
  readonly address: TcpAddress;
  readonly limits: HttpLimits;
  readonly messages: CheckedMessages;
  readonly clock: Clock;
  /** It is over, and its connection is free or gone. */
  onEnd(exchange: HttpExchange): void;
  /** Nobody takes connections there. */
  onUnreachable(error: ReefError): void;
}

export class HttpExchange implements ClientCarrier {
  /** While it waits for a connection. */
  declare awaits?: string;
  readonly call: ClientCall;
  readonly #host: ExchangeHost;
  readonly #request: ClientRequest;
  readonly #inbound: InboundStream | undefined;
  #connected = false;
  #sent = false;
  #ended = false;
  #response: IncomingMessage | undefined;
  /** What was said beside the answer and is not told yet. */
  #beside: Beside | undefined;
  /** What may still be read ahead of a stream's reader. */
  readonly #credit: { messages: number; bytes: number };
  #wake: (() => void) | undefined;

  /**
   * Sends the call.
   * @throws {ReefError} `invalid_argument`, `resource_exhausted` when it cannot be sent; nothing of it has left
   */
  constructor(call: ClientCall, agent: CallAgent, host: ExchangeHost) {
    const { address, limits, messages } = host;
    const { service, name, kind } = call.method;
    this.call = call;
    this.#host = host;
    this.awaits = `no connection to ${formatHttpAddress(address)} was free`;
    this.#credit = { messages: limits.streamMessages, bytes: limits.streamBytes };
    const body = messages.encode(call.method, call.input);
    if (body.length > limits.messageBytes) throw tooLong(body.length, limits.messageBytes);
    this.#request = request({
      host: address.host,
      port: address.port,
      agent,
      method: "POST",
      path: `/${service}/${name}`,
      headers: headersOf(call, body, limits.metadataBytes),
      maxHeaderSize: limits.headBytes,
    });
    if (returnsStream(kind)) this.#inbound = this.#expectStream();
    this.#request.once("socket", (socket) => {
      this.#connected = !socket.pending;
      if (socket.pending) socket.once("connect", () => this.#send(body));
      // A whole turn of the loop later it is known whether the far side closed it while it was idle.
      else setImmediate(() => setImmediate(() => this.#send(body)));
    });
    this.#request.once("response", this.#onResponse);
    // Without somebody who listens node only closes the connection, and tells nobody.
    this.#request.once("upgrade", (_response, socket) => {
      socket.destroy();
      this.#onError(new Error("it changes the protocol"));
    });
    limitInterim(this.#request, limits.interim, (rule) => {
      const text = `Cannot read the answer of ${formatHttpAddress(address)}: ${rule}`;
      return new ReefError("internal", text);
    });
    this.#request.on("error", (error) => this.#onError(error));
    if (kind === "notify") this.#request.once("finish", this.#onNotified);
  }

  cancel(_call: ClientCall, error: ReefError): void {
    this.#inbound?.discard(error);
    this.#end();
  }

  /** Ends it for its caller too. */
  fail(error: ReefError): void {
    if (this.#ended) return;
    this.#end();
    this.#inbound?.fail(error);
    this.call.fail(error, this.#beside);
  }

  #expectStream(): InboundStream {
    const inbound = new InboundStream(
      { ...this.#credit },
      {
        grant: (messages, bytes) => {
          this.#credit.messages += messages;
          this.#credit.bytes += bytes;
          this.#wake?.();
        },
        leave: () =>
          this.call.abort(new ReefError("cancelled", "The reader of the stream has left")),
      },
    );
    this.call.open(inbound);
    return inbound;
  }

  /** Nothing of the call has left before, not even its head. */
  #send(body: Buffer): void {
    if (this.#ended) return;
    this.#connected = true;
    this.#sent = true;
    delete this.awaits;
    this.call.attempts += 1;
    this.#request.end(body);
  }

  /** The system has all of the message; what is answered is of no interest, but the connection is. */
  readonly #onNotified = (): void => {
    this.call.succeed(undefined);
    const timer = this.#host.clock.after(this.#host.limits.notifyAnswerMs, () => this.#end(), {
      background: true,
    });
    this.#request.once("close", () => timer.cancel());
  };

  readonly #onResponse = (response: IncomingMessage): void => {
    this.#response = response;
    // Outside of the call in which this one was made: what is read here is nobody's nested call.
    callContext.exit(() => void this.#read(response));
  };

  async #read(response: IncomingMessage): Promise<void> {
    if (this.call.listens) this.#beside = besideOfHead(fieldsOf(response));
    try {
      if (this.call.method.kind === "notify") {
        for await (const chunk of response) void chunk;
        this.#end();
      } else if (response.statusCode !== 200 && response.statusCode !== 204) {
        await this.#readFailure(response);
      } else if (this.#inbound) {
        await this.#readStream(response, this.#inbound);
      } else {
        await this.#readAnswer(response);
      }
    } catch (error) {
      this.#onError(error);
    }
  }

  async #readAnswer(response: IncomingMessage): Promise<void> {
    const { messages, limits } = this.#host;
    const body = await readWhole(response, limits.messageBytes);
    if (body.length > 0) checkJson(response);
    const value = messages.decode(this.call.method, body.length > 0 ? body : emptyObject);
    this.#end();
    this.call.succeed(value, this.#beside);
  }

  async #readFailure(response: IncomingMessage): Promise<void> {
    const { messages, limits } = this.#host;
    const { statusCode: status = 0, headers } = response;
    const body = await readWhole(response, limits.problemBytes);
    const answer = { status, contentType: headers["content-type"], body };
    this.fail(errorOfAnswer(this.call.method, answer, messages));
  }

  async #readStream(response: IncomingMessage, inbound: InboundStream): Promise<void> {
    const { messages, limits } = this.#host;
    const { method } = this.call;
    const form = streamFormOf(response);
    const { headers } = this.#beside ?? {};
    this.#beside = undefined;
    if (headers) this.call.heard(headers);
    this.call.accepted();
    for await (const { kind, json } of readItems(response, form, limits.messageBytes)) {
      if (kind === "problem")
        throw errorOfProblem(method, parseProblem(json), { status: 500, messages });
      if (kind === "trailers") {
        this.#beside = { trailers: decodeMetadata(json.toString()) };
        continue;
      }
      const item = messages.decode(method, json);
      while (!this.#ended && (this.#credit.messages <= 0 || this.#credit.bytes <= 0)) {
        // A reader that is slow leaves the rest where it is, and in the end with its writer.
        // oxlint-disable-next-line no-await-in-loop -- it is waited for before each
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
      if (this.#ended) return;
      this.#credit.messages -= 1;
      this.#credit.bytes -= json.length;
      inbound.push(item, json.length);
    }
    this.#end();
    inbound.end();
    this.call.succeed(undefined, this.#beside);
  }

  /** The request failed, or what was to be read could not be. */
  #onError(thrown: unknown): void {
    if (this.#ended) return;
    const error = this.#translated(thrown);
    if (!this.#connected) this.#host.onUnreachable(error);
    const again =
      error.code === "unavailable" && error.maybeExecuted && this.call.method.idempotent;
    if (!again) return this.fail(error);
    const { clock, limits } = this.#host;
    clock.after(limits.lostPauseMs, () => this.fail(error), { background: true });
  }

  #translated(thrown: unknown): ReefError {
    const place = formatHttpAddress(this.#host.address);
    if (thrown instanceof ReefError) return thrown;
    // Whatever Node throws here is an Error.
    const cause = thrown as NodeJS.ErrnoException;
    if (!this.#connected) return unreachable(place, reasonOf(cause), cause);
    if (cause.code?.startsWith("HPE_")) {
      const long = cause.code === "HPE_HEADER_OVERFLOW";
      const rule = long ? "its head is longer than the limit" : "it is not HTTP/1.1";
      const text = `Cannot read the answer of ${place}: ${rule} (${cause.message})`;
      return new ReefError("internal", text, { cause });
    }
    const text = this.#sent
      ? `The connection to ${place} was lost before the answer was complete`
      : `The connection to ${place} was closed before the call was sent`;
    return new ReefError("unavailable", text, { cause, maybeExecuted: this.#sent });
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#wake?.();
    // Nothing happens to a connection whose answer was read to its end.
    if (!this.#response?.complete) this.#request.destroy();
    this.#host.onEnd(this);
  }
}

/** Those that are there once: nothing that we read may be there twice. */
function* fieldsOf({ headers }: IncomingMessage): Iterable<readonly [string, string]> {
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === "string") yield [name, value];
  }
}

const emptyObject = Buffer.from("{}");

function tooLong(bytes: number, bytesMax: number): ReefError {
  return new ReefError(
    "resource_exhausted",
    `Cannot send the message: the limit is ${bytesMax} bytes, it has ${bytes}`,
    { maybeExecuted: false },
  );
}
