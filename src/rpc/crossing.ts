/**
 * How messages get from caller to service and back inside one process. Both sides copy by one shape; where they have
 * two, of an older and a newer contract, a message takes the way that it would take on a wire, so that the one writes
 * what it knows and the other reads what it knows.
 */
import { encodeBytes } from "../contract/byte-sink.ts";
import { canonicalJson } from "../contract/digest.ts";
import type { Message } from "../contract/message.ts";
import type { ClientMethod } from "./client-call.ts";
import type { ServerMethod } from "./server-method.ts";

export type Cross = (value: unknown) => unknown;

/** One method of a client, and what it is here. */
export interface Crossing {
  readonly target: ServerMethod;
  readonly input: Cross;
  readonly output: Cross;
}

/** Made once for each method of a client. */
export function createCrossing(caller: ClientMethod, target: ServerMethod): Crossing {
  return {
    target,
    input: cross(caller.input, target.input),
    // Where there is no answer, nothing crosses.
    output: caller.output && target.output ? cross(target.output, caller.output) : nothing,
  };
}

function cross(from: Message, to: Message): Cross {
  if (from === to || canonicalJson(from.shape) === canonicalJson(to.shape)) return to.copy;
  return (value) => {
    const bytes = encodeBytes(from.json, value);
    return to.json.decode(bytes, 0, bytes.length);
  };
}

function nothing(): undefined {
  return undefined;
}
