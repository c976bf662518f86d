/** The callers that come with reef: clients over each transport, and the command. */
import type { Contract } from "../../src/contract/contract.ts";
import { runLine } from "../../src/cli/test-platform.ts";
import type { Platform } from "../../src/framework/platform.ts";
import type { CallOptions } from "../../src/rpc/client-call.ts";
import type { Metadata } from "../../src/rpc/metadata.ts";
import { withBeside } from "./beside.ts";
import {
  errorDataOf,
  type Failure,
  failureOf,
  jsonAnswer,
  outcomeOf,
  type Way,
} from "./outcome.ts";

/** A client of any contract, by the name of the method. */
type Send = { send(input: unknown, options: CallOptions): PromiseLike<unknown> };

export function clientWay(name: string, client: object): Way {
  // Every contract here has the method.
  const { send } = client as Send;
  return {
    name,
    async call(input) {
      let headers: Metadata = {};
      let trailers: Metadata = {};
      const answer = send(input, {
        onHeaders: (all) => void (headers = all),
        onTrailers: (all) => void (trailers = all),
      });
      return withBeside(await outcomeOf(answer), Object.entries(headers), Object.entries(trailers));
    },
  };
}

/** `reef call parcels/send JSON --json` */
export function commandWay(
  name: string,
  platform: Platform,
  contract: Contract,
  words: (json: string) => readonly string[],
): Way {
  return {
    name,
    async call(_, json) {
      const { exitCode, stdout, stderr } = await runLine(words(JSON.stringify(json)), { platform });
      if (exitCode === 0) return jsonAnswer(contract, stdout);
      // What the command promises with --json.
      const { error } = JSON.parse(stderr) as { readonly error: Failure };
      return {
        error: failureOf({ ...error, data: errorDataOf(contract, error.reason, error.data) }),
      };
    },
  };
}
