/** Which paths the own HTTP binding of a method matches: `GET /hello/{name}` of `greeter` is `/greeter/hello/Ann`. */
import type { MethodDescriptor } from "../../contract/descriptor.ts";
import {
  type HttpBinding,
  type HttpSegment,
  parseHttpBinding,
} from "../../contract/http-binding.ts";

/** Its segments, and those of its location, are of the whole path: the service first. */
export interface Binding extends HttpBinding {
  /** Its answer may be kept and asked for again: a GET whose method may be repeated. */
  readonly tagged: boolean;
}

/** The fields that stand in the path, with what stood there. */
export type Captures = readonly (readonly [field: string, value: string])[];

/**
 * The binding of a method below `/<key>`, which is a service or `v2/<service>`; undefined when it has none.
 * @throws {ReefError} `invalid_argument` when it cannot be served
 */
export function bindingOf(key: string, method: MethodDescriptor): Binding | undefined {
  if (method.http === undefined) return undefined;
  const binding = parseHttpBinding(method.http, method);
  const { location } = binding;
  const tagged = binding.verb === "GET" && method.idempotent === true && method.kind === "unary";
  const first: HttpSegment[] = key.split("/").map((literal) => ({ literal }));
  return {
    ...binding,
    tagged: tagged && binding.status === 200,
    segments: [...first, ...binding.segments],
    ...(location && { location: [...first, ...location] }),
  };
}

/** The path of a binding without captures; undefined when it has some. */
export function fixedPath({ segments }: Binding): string | undefined {
  const literals = segments.flatMap((segment) => ("literal" in segment ? segment.literal : []));
  return literals.length === segments.length ? `/${literals.join("/")}` : undefined;
}

/** What the captures of a path are; undefined when the binding does not match it. */
export function matchBinding(
  { segments }: Binding,
  parts: readonly string[],
): Captures | undefined {
  if (parts.length !== segments.length) return undefined;
  const captures: [string, string][] = [];
  for (const [index, segment] of segments.entries()) {
    const part = parts[index] ?? "";
    if ("field" in segment) captures.push([segment.field, part]);
    else if (segment.literal !== part) return undefined;
  }
  return captures;
}

/** Two bindings with one skeleton match the same paths: `GET /greeter/hello/{}`. */
export function skeletonOf({ verb, segments }: Binding): string {
  const parts = segments.map((segment) => ("literal" in segment ? segment.literal : "{}"));
  return `${verb} /${parts.join("/")}`;
}

/** Literal text comes before a capture, from the left: `/trips/mine` is never the trip with the id "mine". */
export function moreSpecific(a: Binding, b: Binding): number {
  for (const [index, segment] of a.segments.entries()) {
    const other = b.segments[index];
    if (!other || "field" in segment === "field" in other) continue;
    return "field" in segment ? 1 : -1;
  }
  return 0;
}
