/** The HTTP binding of a method, `GET /hello/{name}`, read and checked against its input and output. */
import { ReefError } from "../core/errors.ts";
import type { HttpDescriptor, HttpRoute, MethodDescriptor } from "./descriptor.ts";
import { readLocation, successStatus } from "./http-answer.ts";
import { parsePathTemplate, type HttpSegment } from "./path-template.ts";
import { isRecord } from "./shape-check.ts";
import type { ObjectShape, Shape } from "./shape.ts";

export type { HttpSegment } from "./path-template.ts";
export type HttpVerb = (typeof verbs)[number];

export interface HttpBinding {
  readonly verb: HttpVerb;
  /** Below the service; empty for `/`. */
  readonly segments: readonly HttpSegment[];
  /** Where the fields come from that are neither in the path nor the body. */
  readonly rest: "query" | "body";
  /** The one field that is the whole body. */
  readonly bodyField?: string;
  /** Of an answer when all went well. */
  readonly status: number;
  /** Where the thing is that was made, below the service; its fields are those of the output. */
  readonly location?: readonly HttpSegment[];
}

const verbs = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/** @throws {ReefError} `invalid_argument` that says which rule the binding breaks */
export function parseHttpBinding(binding: HttpDescriptor, method: BoundMethod): HttpBinding {
  const parsed = readHttpBinding(binding, method);
  if (typeof parsed !== "string") return parsed;
  throw new ReefError("invalid_argument", `Cannot bind "${routeOf(binding)}": ${parsed}`);
}

/** The verb and path. */
export function routeOf(binding: HttpDescriptor): string {
  return typeof binding === "string" ? binding : binding.route;
}

/** Whether data has the form of a binding; what it says is another question. */
export function isHttpDescriptor(data: unknown): data is HttpDescriptor {
  if (typeof data === "string") return true;
  if (!isRecord(data) || typeof data["route"] !== "string") return false;
  const { status, location, body } = data;
  if (status !== undefined && typeof status !== "number") return false;
  return [location, body].every((text) => text === undefined || typeof text === "string");
}

type BoundMethod = Pick<MethodDescriptor, "kind" | "input" | "output">;

/** The binding, or the rule that it breaks. */
export function readHttpBinding(
  binding: HttpDescriptor,
  method: BoundMethod,
): HttpBinding | string {
  if (method.kind === "client_stream" || method.kind === "bidi_stream") {
    return "a stream of inputs has no HTTP binding; leave http out";
  }
  const route: HttpRoute = typeof binding === "string" ? { route: binding } : binding;
  const [word, path, ...more] = route.route.split(" ");
  const verb = verbs.find((each) => each === word);
  if (verb === undefined || path === undefined || more.length > 0) {
    return `a binding is one of ${verbs.join(", ")}, a space and a path`;
  }
  if (!path.startsWith("/")) return `the path starts with "/", write "${verb} /${path}"`;
  const segments = parsePathTemplate(path);
  if (typeof segments === "string") return segments;
  const { body: bodyField } = route;
  const rest = verb === "GET" || verb === "DELETE" || bodyField !== undefined ? "query" : "body";
  const problem =
    bodyProblem(bodyField, verb, segments, method.input) ??
    fieldProblem(segments, { rest, bodyField }, method.input);
  if (problem !== undefined) return problem;
  const status = successStatus(route.status, method);
  if (typeof status === "string") return status;
  const location = route.location === undefined ? undefined : readLocation(route.location, method);
  if (typeof location === "string") return location;
  return {
    verb,
    segments,
    rest,
    ...(bodyField !== undefined && { bodyField }),
    status,
    ...(location && { location }),
  };
}

/** What two methods of one service must not share: the binding without the names of its fields. */
export function httpBindingKey({ verb, segments }: HttpBinding): string {
  const path = segments.map((segment) => ("literal" in segment ? segment.literal : "{}"));
  return `${verb} /${path.join("/")}`;
}

function bodyProblem(
  name: string | undefined,
  verb: HttpVerb,
  segments: readonly HttpSegment[],
  input: ObjectShape,
): string | undefined {
  if (name === undefined) return undefined;
  if (verb === "GET" || verb === "DELETE") return `${verb} has no body; leave body out`;
  if (!Object.hasOwn(input.fields, name)) return `the body "${name}" is not a field of the input`;
  const inPath = segments.some((segment) => "field" in segment && segment.field === name);
  return inPath ? `the field "${name}" is in the path and the body` : undefined;
}

function fieldProblem(
  segments: readonly HttpSegment[],
  { rest, bodyField }: { readonly rest: "query" | "body"; readonly bodyField?: string | undefined },
  input: ObjectShape,
): string | undefined {
  const inPath = new Set<string>();
  for (const segment of segments) {
    if ("literal" in segment) continue;
    const name = segment.field;
    const field = Object.hasOwn(input.fields, name) ? input.fields[name] : undefined;
    if (!field) return `{${name}} is not a field of the input`;
    if (inPath.has(name)) return `{${name}} is there twice`;
    if (!scalarKinds.has(field.shape.kind)) {
      return `{${name}} is of the kind ${field.shape.kind}; only scalar fields fit into a path`;
    }
    if (field.optional) return `{${name}} is optional; a path cannot leave it out`;
    inPath.add(name);
  }
  if (rest === "body") return undefined;
  for (const [name, { shape }] of Object.entries(input.fields)) {
    if (inPath.has(name) || name === bodyField || fitsQuery(shape)) continue;
    return `the field "${name}" is of the kind ${shape.kind} and does not fit into a query; use POST`;
  }
  return undefined;
}

function fitsQuery(shape: Shape): boolean {
  if (shape.kind === "nullable" || shape.kind === "wrapper") return fitsQuery(shape.inner);
  // Their JSON is a string.
  if (shape.kind === "object") {
    return shape.wellKnown === "duration" || shape.wellKnown === "field_mask";
  }
  return scalarKinds.has(shape.kind === "list" ? shape.items.kind : shape.kind);
}

const scalarKinds: ReadonlySet<Shape["kind"]> = new Set([
  "string",
  "int32",
  "uint32",
  "integer",
  "int64",
  "uint64",
  "float",
  "double",
  "boolean",
  "bytes",
  "timestamp",
  "enum",
] as const);
