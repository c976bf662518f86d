/** One call over fetch: its request, and what comes back. */
import { ReefError } from "../core/errors.ts";
import {
  type ClientCall,
  type ClientCarrier,
  returnsStream,
  sendsStream,
} from "../rpc/client-call.ts";
import type { Beside } from "../rpc/given-response.ts";
import { InboundStream } from "../rpc/stream-inbound.ts";
import { stopped } from "../rpc/wire/client-failures.ts";
import type { CallForm } from "./call-form.ts";
import { Inputs } from "./inputs.ts";

export interface FetchHost {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly form: CallForm;
  readonly fetch: typeof fetch;
  /** Whether bodies are sent while they are being made. */
  readonly requestStreams: boolean;
  onEnd(exchange: FetchExchange): void;
}

/** Messages and bytes of one stream that wait for their reader; the rest waits with its writer. */
const streamCredit = { messages: 256, bytes: 1_048_576 };

export class FetchExchange implements ClientCarrier {
  readonly #call: ClientCall;
  readonly #host: FetchHost;
  readonly #headers: Record<string, string>;
  readonly #body: string | Uint8Array<ArrayBuffer> | Inputs;
  readonly #stop = new AbortController();
  readonly #inbound: InboundStream | undefined;
  readonly #credit = { ...streamCredit };
  #wake: (() => void) | undefined;
  #answered = false;
  /** What was said beside the answer and is not told yet. */
  #beside: Beside | undefined;
  #over = false;

  /**
   * Takes the message of the call.
   * @throws {ReefError} `invalid_argument`, `unimplemented` when it cannot be sent; nothing of it has left
   */
  constructor(call: ClientCall, host: FetchHost) {
    const { method } = call;
    const { form } = host;
    this.#call = call;
    this.#host = host;
    if (method.kind === "bidi_stream" && !host.requestStreams) throw cannotStream(call);
    this.#headers = form.headersOf(call);
    this.#body = sendsStream(method.kind)
      ? // The client has refused whatever is no iterable.
        new Inputs(call.input as Iterable<unknown>, {
          encode: (input) => form.part(method, input),
          failed: (error) => call.abort(stopped(error)),
        })
      : form.whole(method, call.input);
    if (returnsStream(method.kind)) this.#inbound = this.#expectStream();
  }

  /** Sends it, and resolves when it is over; rejects never. */
  async run(): Promise<void> {
    try {
      const response = await this.#fetch();
      if (!response || this.#over) return;
      this.#answered = true;
      await this.#read(response);
    } catch (error) {
      this.fail(this.#translated(error));
    }
  }

  cancel(_call: ClientCall, error: ReefError): void {
    this.#inbound?.discard(error);
    this.#end();
  }

  /** Ends it for its caller too. */
  fail(error: ReefError): void {
    if (this.#over) return;
    this.#end();
    this.#inbound?.fail(error);
    this.#call.fail(error, this.#beside);
  }

  async #fetch(): Promise<Response | undefined> {
    const { baseUrl, form, requestStreams } = this.#host;
    let body: RequestInit["body"];
    if (!(this.#body instanceof Inputs)) body = this.#body;
    else {
      // Nothing comes back before the answer, so there is no word that the far side has accepted.
      this.#call.accepted();
      body = requestStreams ? this.#body.stream() : await this.#body.whole();
    }
    if (body === undefined || this.#over) return undefined;
    this.#call.attempts += 1;
    return this.#host.fetch(baseUrl + form.pathOf(this.#call.method), {
      method: "POST",
      headers: this.#headers,
      body,
      // What is sent to another place by a redirect is another request.
      redirect: "error",
      signal: this.#stop.signal,
      ...(body instanceof ReadableStream && { duplex: "half" as const }),
    });
  }

  async #read(response: Response): Promise<void> {
    const { form } = this.#host;
    const { method } = this.#call;
    if (this.#call.listens) this.#beside = form.besideOf(response);
    const failure = await form.failureOf(method, response);
    if (failure) return this.fail(failure);
    if (this.#inbound) return this.#readStream(response, this.#inbound);
    const value = await form.answer(method, response);
    this.#end();
    this.#call.succeed(value, this.#beside);
  }

  async #readStream(response: Response, inbound: InboundStream): Promise<void> {
    const { headers } = this.#beside ?? {};
    this.#beside = undefined;
    if (headers) this.#call.heard(headers);
    this.#call.accepted();
    for await (const part of this.#host.form.answers(this.#call.method, response)) {
      if ("trailers" in part) {
        this.#beside = part;
        continue;
      }
      const { value, bytes } = part;
      while (!this.#over && (this.#credit.messages <= 0 || this.#credit.bytes <= 0)) {
        // A reader that is slow leaves the rest where it is, and in the end with its writer.
        // oxlint-disable-next-line no-await-in-loop -- it is waited for before each
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
      if (this.#over) return;
      this.#credit.messages -= 1;
      this.#credit.bytes -= bytes;
      inbound.push(value, bytes);
    }
    if (this.#over) return;
    this.#end();
    inbound.end();
    this.#call.succeed(undefined, this.#beside);
  }

  #expectStream(): InboundStream {
    const inbound = new InboundStream(streamCredit, {
      grant: (messages, bytes) => {
        this.#credit.messages += messages;
        this.#credit.bytes += bytes;
        this.#wake?.();
      },
      leave: () =>
        this.#call.abort(new ReefError("cancelled", "The reader of the stream has left")),
    });
    this.#call.open(inbound);
    return inbound;
  }

  #translated(thrown: unknown): ReefError {
    if (thrown instanceof ReefError) return thrown;
    // Whatever fetch throws here is an Error.
    const cause = thrown as Error & { readonly cause?: { readonly code?: string } };
    const { baseUrl } = this.#host;
    if (this.#answered) {
      const text = `The connection to ${baseUrl} was lost before the answer was complete`;
      return new ReefError("unavailable", text, { cause });
    }
    // Browsers do not say why, on purpose; Node does.
    const refused = cause.cause?.code === "ECONNREFUSED";
    const hint = refused
      ? "nobody listens there"
      : `${cause.message}; a page may call where its origin is allowed`;
    return new ReefError("unavailable", `Cannot reach ${baseUrl}: ${hint}`, {
      cause,
      maybeExecuted: !refused,
    });
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#body instanceof Inputs) this.#body.stop();
    this.#wake?.();
    // Harmless when all is read; otherwise the far side learns that nobody waits.
    this.#stop.abort(new DOMException("The call is over", "AbortError"));
    this.#host.onEnd(this);
  }
}

function cannotStream({ method: { service, name } }: ClientCall): ReefError {
  return new ReefError(
    "unimplemented",
    `Cannot call ${service}/${name}: it streams both ways, and fetch sends no body here while it reads the answer; ` +
      "use a WebSocket, as docs/http.md shows",
    { maybeExecuted: false },
  );
}
