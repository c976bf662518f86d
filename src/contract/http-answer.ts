/** What a binding says about the answer when all went well: its status, and where the thing is that was made. */
import type { MethodDescriptor } from "./descriptor.ts";
import { type HttpSegment, parsePathTemplate } from "./path-template.ts";
import type { Shape } from "./shape.ts";

type Answering = Pick<MethodDescriptor, "kind" | "output">;

/** Those whose meaning the gateway can keep; the other 2xx promise ranges, proxies or cleared forms. */
const statuses: readonly number[] = [200, 201, 202, 204];

/** The status, or the rule that it breaks. */
export function successStatus(
  status: number | undefined,
  { kind, output }: Answering,
): number | string {
  if (status === undefined) return kind === "notify" ? 202 : 200;
  if (!statuses.includes(status)) {
    return `the status of an answer is one of ${statuses.join(", ")}, this is ${status}; a failure is an error`;
  }
  if (kind === "server_stream" && status !== 200) {
    return `a stream of answers has the status 200, this is ${status}; leave status out`;
  }
  const fields = Object.keys(output?.fields ?? {}).length;
  if (status === 204 && fields > 0) {
    return `an answer with the status 204 has no body, and the output has ${fields} fields; use 200`;
  }
  return status;
}

/** The segments of a location, or the rule that it breaks. */
export function readLocation(
  location: string,
  { kind, output }: Answering,
): readonly HttpSegment[] | string {
  if (kind !== "unary" || !output) return "only one answer has a location; leave location out";
  if (!location.startsWith("/")) {
    return `the location starts with "/" and is below the service, write "/${location}"`;
  }
  const segments = parsePathTemplate(location);
  if (typeof segments === "string") return `its location: ${segments}`;
  for (const segment of segments) {
    if ("literal" in segment) continue;
    const { field: name } = segment;
    const field = Object.hasOwn(output.fields, name) ? output.fields[name] : undefined;
    if (!field) return `its location: {${name}} is not a field of the output`;
    if (!kindsInPath.has(field.shape.kind)) {
      return `its location: {${name}} is of the kind ${field.shape.kind}, which is no name in a path`;
    }
    if (field.optional) return `its location: {${name}} is optional; a path cannot leave it out`;
  }
  return segments;
}

/** What names a thing. Not `bytes`, whose text has slashes, and no fractions. */
const kindsInPath: ReadonlySet<Shape["kind"]> = new Set([
  "string",
  "int32",
  "uint32",
  "integer",
  "int64",
  "uint64",
  "boolean",
  "timestamp",
  "enum",
] as const);

/**
 * Whether a path with this skeleton is one that the binding matches: a location that leads nowhere is a broken promise.
 */
export function leadsTo(
  location: readonly HttpSegment[],
  segments: readonly HttpSegment[],
): boolean {
  if (location.length !== segments.length) return false;
  return segments.every((segment, index) => {
    const other = location[index];
    if (!other || "field" in segment) return other !== undefined;
    return "literal" in other && other.literal === segment.literal;
  });
}
