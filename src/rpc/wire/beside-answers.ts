/** What a handler says beside its answers, into frames and out of them. Calls that say nothing cost one comparison. */
import { ReefError } from "../../core/errors.ts";
import type { Beside, Spoken } from "../given-response.ts";
import { decodeMetadata, type Metadata } from "../metadata.ts";
import type { ServerCall } from "../server-call.ts";
import type { FrameWriter } from "./frame-writer.ts";
import { frame } from "./frames.ts";
import { brokenContract } from "./server-failures.ts";

/**
 * Writes what has not left yet: headers alone before answers, all of it with the outcome. The error when the handler
 * gave what cannot be sent; nothing was written then.
 */
export function writeBeside(
  writer: FrameWriter,
  call: ServerCall,
  spoken: Spoken,
): ReefError | undefined {
  const beside = besideOf(call, spoken);
  if (beside instanceof ReefError) return beside;
  if (beside?.headers) writeMetadata(writer, frame.headers, call.id, beside.headers);
  if (beside?.trailers) writeMetadata(writer, frame.trailers, call.id, beside.trailers);
  return undefined;
}

/** What is to be said beside the answer of a call, or why that cannot be sent. */
export function besideOf(call: ServerCall, spoken: Spoken): Beside | ReefError | undefined {
  try {
    return call.givenResponse?.take(spoken);
  } catch (cause) {
    call.givenResponse?.forget();
    return brokenContract(call, cause);
  }
}

/** It fits into one frame: what headers of HTTP carry is far less. */
function writeMetadata(writer: FrameWriter, type: number, id: number, metadata: Metadata): void {
  writer.begin(type, 0, 0, id);
  writer.text(JSON.stringify(metadata));
  writer.end();
}

/** What has come beside answers that have not, by the numbers of their calls. */
export class BesideAnswers {
  readonly #held = new Map<number, { headers?: Metadata; trailers?: Metadata }>();

  /** @throws {ReefError} `invalid_argument` when it is no metadata */
  hold(type: number, id: number, text: string): void {
    const metadata = decodeMetadata(text);
    const held = this.#held.get(id) ?? {};
    if (type === frame.headers) held.headers = metadata;
    else held.trailers = metadata;
    this.#held.set(id, held);
  }

  /** The headers, once. */
  takeHeaders(id: number): Metadata | undefined {
    const held = this.#held.size > 0 ? this.#held.get(id) : undefined;
    const headers = held?.headers;
    if (held) delete held.headers;
    return headers;
  }

  /** All that is left; afterwards nothing is. */
  take(id: number): Beside | undefined {
    if (this.#held.size === 0) return undefined;
    const held = this.#held.get(id);
    this.#held.delete(id);
    return held;
  }

  clear(): void {
    this.#held.clear();
  }
}
