/**
 * The answer of a method to a request for its binding: the status and the location that the contract promises, and the
 * validator of what a client may ask for again.
 */
import type { HttpSegment } from "../../contract/http-binding.ts";
import type { Binding } from "./binding.ts";
import { canonicalPath } from "./canonical-path.ts";
import { entityTag } from "./entity-tag.ts";
import type { Exchange } from "./exchange.ts";
import type { MessageForms } from "./protobuf.ts";
import { refusal } from "../../rpc/http/problem.ts";
import { sendTagged } from "./send-tagged.ts";

/** Sends what the method answered, as JSON or in another form; nothing for `notify`. */
export function sendBound(
  exchange: Exchange,
  binding: Binding,
  answer: Buffer | undefined,
  form: MessageForms["answer"],
): void {
  const { status, location } = binding;
  const more = location && answer ? locationHeader(exchange, location, answer) : [];
  if (answer === undefined || status === 204) return exchange.sendEmpty(status, ...more);
  const type = form?.type ?? "application/json";
  const body = form ? form.write(answer) : answer;
  if (binding.tagged) sendTagged(exchange, { body, tag: entityTag(body) }, { type, more });
  else exchange.send(status, type, body, more);
}

/**
 * Refuses what nobody could keep: a change that depends on what is there now, which only the service knows. Ignored, it
 * would overwrite what the client never saw.
 * @throws {ReefError} `precondition_failed`
 */
export function checkConditions({ request }: Exchange, { verb }: Binding): void {
  if (verb === "GET") return;
  const { headers } = request;
  if (headers["if-match"] === undefined && headers["if-none-match"] === undefined) return;
  const name = headers["if-match"] === undefined ? "if-none-match" : "if-match";
  throw refusal(
    "precondition_failed",
    `Cannot ${verb} under the condition ${name}: the gateway does not know what is there; ` +
      "send what the service compares, such as a revision, as a field",
  );
}

function locationHeader(
  exchange: Exchange,
  template: readonly HttpSegment[],
  body: Buffer,
): string[] {
  const location = locationOf(template, body);
  if (location !== undefined) return ["location", location];
  // The thing was made, so the call did not fail; only its name is no name in a path.
  exchange.warn("An answer has no Location: a field of it cannot stand in a path", {
    path: template.map((one) => ("field" in one ? `{${one.field}}` : one.literal)).join("/"),
  });
  return [];
}

/** The path with the fields of an answer in it; undefined when the gateway itself would refuse that path. */
export function locationOf(template: readonly HttpSegment[], body: Buffer): string | undefined {
  try {
    const answer: unknown = JSON.parse(body.toString());
    const parts = template.map((segment) => {
      return "literal" in segment
        ? segment.literal
        : encodeURIComponent(textOf(answer, segment.field));
    });
    // The rules for paths that come in are those for paths that are given out: no dots, slashes or controls.
    const path = `/${parts.join("/")}`;
    canonicalPath(path, { bytesMax: locationBytesMax });
    return path;
  } catch {
    // No JSON, a lone surrogate, or a path that could be read in two ways: the caller says so.
    return undefined;
  }
}

/** The text of a field; empty, which no path may hold, where the answer is not what the contract says. */
function textOf(answer: unknown, field: string): string {
  if (typeof answer !== "object" || answer === null || !Object.hasOwn(answer, field)) return "";
  const value: unknown = Reflect.get(answer, field);
  return typeof value === "object" || value === undefined ? "" : String(value);
}

/** Longer ones are no names, and proxies refuse the header. */
const locationBytesMax = 2_048;
