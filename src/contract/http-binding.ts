/** The HTTP binding of a method, `GET /hello/{name}`, read and checked against its input. */
import { ReefError } from "../core/errors.ts";
import type { MethodDescriptor } from "./descriptor.ts";
import type { ObjectShape, Shape } from "./shape.ts";

export type HttpVerb = (typeof verbs)[number];

export interface HttpBinding {
  readonly verb: HttpVerb;
  /** Below the service; empty for `/`. */
  readonly segments: readonly HttpSegment[];
  /** Where the fields that are not in the path come from. */
  readonly rest: "query" | "body";
}

export type HttpSegment = { readonly literal: string } | { readonly field: string };

const verbs = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/** @throws {ReefError} `invalid_argument` that says which rule the binding breaks */
export function parseHttpBinding(binding: string, method: BoundMethod): HttpBinding {
  const parsed = readHttpBinding(binding, method);
  if (typeof parsed !== "string") return parsed;
  throw new ReefError("invalid_argument", `Cannot bind "${binding}": ${parsed}`);
}

type BoundMethod = Pick<MethodDescriptor, "kind" | "input">;

/** The binding, or the rule that it breaks. */
export function readHttpBinding(binding: string, method: BoundMethod): HttpBinding | string {
  if (method.kind === "client_stream" || method.kind === "bidi_stream") {
    return "a stream of inputs has no HTTP binding; leave http out";
  }
  const [word, path, ...more] = binding.split(" ");
  const verb = verbs.find((each) => each === word);
  if (verb === undefined || path === undefined || more.length > 0) {
    return `a binding is one of ${verbs.join(", ")}, a space and a path`;
  }
  if (!path.startsWith("/")) return `the path starts with "/", write "${verb} /${path}"`;
  const segments: HttpSegment[] = [];
  for (const text of path === "/" ? [] : path.slice(1).split("/")) {
    const segment = parseSegment(text);
    if (typeof segment === "string") return segment;
    segments.push(segment);
  }
  const rest = verb === "GET" || verb === "DELETE" ? "query" : "body";
  return fieldProblem(segments, rest, method.input) ?? { verb, segments, rest };
}

/** What two methods of one service must not share: the binding without the names of its fields. */
export function httpBindingKey({ verb, segments }: HttpBinding): string {
  const path = segments.map((segment) => ("literal" in segment ? segment.literal : "{}"));
  return `${verb} /${path.join("/")}`;
}

/** A segment, or the rule that it breaks. */
function parseSegment(text: string): HttpSegment | string {
  const field = /^\{(.+)\}$/u.exec(text)?.[1];
  if (field !== undefined) return { field };
  if (text === "") return 'a path has no empty segment and does not end with "/"';
  if (text === "." || text === "..") return `"${text}" is not a name in a path`;
  if (/[{}]/u.test(text)) return `a field is a whole segment, "${text}" is only in part one`;
  if (/^[A-Za-z0-9._~-]+$/u.test(text)) return { literal: text };
  return `"${text}" has characters that a path would have to escape`;
}

function fieldProblem(
  segments: readonly HttpSegment[],
  rest: "query" | "body",
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
    if (inPath.has(name) || fitsQuery(shape)) continue;
    return `the field "${name}" is of the kind ${shape.kind} and does not fit into a query; use POST`;
  }
  return undefined;
}

function fitsQuery(shape: Shape): boolean {
  if (shape.kind === "nullable") return fitsQuery(shape.inner);
  return scalarKinds.has(shape.kind === "list" ? shape.items.kind : shape.kind);
}

const scalarKinds: ReadonlySet<Shape["kind"]> = new Set([
  "string",
  "int32",
  "integer",
  "int64",
  "double",
  "boolean",
  "bytes",
  "timestamp",
  "enum",
] as const);
