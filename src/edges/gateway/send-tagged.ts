/** An answer that a client may keep and ask for again: 200 with its validator, or 304 if nothing has changed. */
import { refusal } from "../../rpc/http/problem.ts";
import { namesTag } from "./entity-tag.ts";
import type { Exchange } from "./exchange.ts";

export interface TaggedBody {
  readonly body: Buffer;
  readonly tag: string;
}

export interface SendTaggedOptions {
  /** @default "application/json" */
  readonly type?: string;
  /** Headers, names and values in turn. @default [] */
  readonly more?: readonly string[];
}

/** @throws {ReefError} `precondition_failed` */
export function sendTagged(
  exchange: Exchange,
  { body, tag }: TaggedBody,
  { type = "application/json", more = [] }: SendTaggedOptions = {},
): void {
  const { headers } = exchange.request;
  const wanted = headers["if-match"];
  if (wanted !== undefined && !namesTag(wanted, tag, { comparison: "strong" })) {
    throw refusal("precondition_failed", "Cannot answer under the condition if-match: it changed");
  }
  exchange.revalidated = true;
  const had = headers["if-none-match"];
  if (had !== undefined && namesTag(had, tag, { comparison: "weak" })) {
    return exchange.sendEmpty(304, "etag", tag, ...more);
  }
  exchange.send(200, type, body, ["etag", tag, ...more]);
}
