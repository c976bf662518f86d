/** The input of a bound method as JSON bytes: what stands in the path, with the query or the body around it. */
import type { ObjectShape, Shape } from "../../contract/shape.ts";
import type { StandardIssue } from "../../contract/standard-schema.ts";
import { violationError } from "../../contract/violations.ts";
import { didYouMean } from "../../core/suggest.ts";
import type { Captures } from "./binding.ts";
import { refusal } from "../../rpc/http/problem.ts";

/**
 * Captures and query, each value typed by the shape of its field. A repeated name makes a list.
 * @throws {ReefError} `invalid_argument` with violations: an unknown field, one given twice, text that is not its type
 */
export function inputFromQuery(
  shape: ObjectShape,
  captures: Captures,
  query: string | undefined,
): Buffer {
  const issues: StandardIssue[] = [];
  const members = queryMembers(shape, captures, query, issues);
  if (issues.length > 0) throw violationError("the path and query", issues);
  return Buffer.from(`{${members.join(",")}}`);
}

/**
 * Captures and query, and the body as the value of one field.
 * @throws {ReefError} `invalid_argument` when the body is no JSON, or a field is given twice or unknown
 */
export function inputAroundBody(
  shape: ObjectShape,
  given: { readonly captures: Captures; readonly query: string | undefined },
  field: string,
  body: Buffer,
): Buffer {
  const issues: StandardIssue[] = [];
  const members = queryMembers(shape, given.captures, given.query, issues, field);
  if (issues.length > 0) throw violationError("the path and query", issues);
  if (body.length === 0) return Buffer.from(`{${members.join(",")}}`);
  parseJson(body);
  // A body that is one JSON text stays one behind a colon.
  const front = [...members, `${JSON.stringify(field)}:`].join(",");
  return Buffer.concat([Buffer.from(`{${front}`), body, closing]);
}

const closing = Buffer.from("}");

/** Fields by path and query, as members of an object; what is wrong with them is added to the issues. */
function queryMembers(
  shape: ObjectShape,
  captures: Captures,
  query: string | undefined,
  issues: StandardIssue[],
  inBody?: string,
): string[] {
  const given = new Map<string, string[]>();
  for (const [name, value] of parseQuery(query)) {
    if (!Object.hasOwn(shape.fields, name)) {
      const hint = didYouMean(name, Object.keys(shape.fields));
      issues.push({ path: [name], message: `is not a field of the input${hint}` });
    } else if (captures.some(([field]) => field === name)) {
      issues.push({ path: [name], message: "is in the path already" });
    } else if (name === inBody) {
      issues.push({ path: [name], message: "is the body" });
    } else given.set(name, [...(given.get(name) ?? []), value]);
  }
  for (const [field, value] of captures) given.set(field, [value]);
  return [...given].map(([name, values]) => {
    return `${JSON.stringify(name)}:${jsonOf(shapeOf(shape, name), name, values, issues)}`;
  });
}

/**
 * The body with the captures in front. The body's bytes stay as they are, because parsing and writing them again would
 * round its numbers.
 * @throws {ReefError} `invalid_argument` when the body is no JSON object, or has a field that is in the path
 */
export function inputFromBody(shape: ObjectShape, captures: Captures, body: Buffer): Buffer {
  const parsed = parseObject(body);
  const issues: StandardIssue[] = [];
  const members = captures.map(([name, value]) => {
    if (Object.hasOwn(parsed, name)) {
      issues.push({ path: [name], message: "is in the path already" });
    }
    return `${JSON.stringify(name)}:${jsonOf(shapeOf(shape, name), name, [value], issues)}`;
  });
  if (issues.length > 0) throw violationError("the path and body", issues);
  if (members.length === 0) return body;
  const inner = body.subarray(body.indexOf("{") + 1);
  const comma = Object.keys(parsed).length > 0 ? "," : "";
  return Buffer.concat([Buffer.from(`{${members.join(",")}${comma}`), inner]);
}

function parseObject(body: Buffer): object {
  const parsed = parseJson(body);
  if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return parsed;
  throw refusal("bad_request", "Cannot read the body: it must be a JSON object");
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch (cause) {
    throw refusal("bad_request", "Cannot read the body: it is not JSON", { cause });
  }
}

function shapeOf(shape: ObjectShape, name: string): Shape {
  // Bindings were checked against the input: a field that is unknown here cannot be reached.
  const field: Shape = shape.fields[name]?.shape ?? { kind: "string" };
  return field.kind === "nullable" || field.kind === "wrapper" ? field.inner : field;
}

function jsonOf(
  shape: Shape,
  name: string,
  values: readonly string[],
  issues: StandardIssue[],
): string {
  if (shape.kind === "list") {
    const items = values.map((value, index) => {
      return jsonOfScalar(shape.items, value, [name, index], issues);
    });
    return `[${items.join(",")}]`;
  }
  const [value = "", ...more] = values;
  if (more.length > 0) issues.push({ path: [name], message: "is there more than once" });
  return jsonOfScalar(shape, value, [name], issues);
}

/** Numbers and booleans are written as they came, once they are seen to be JSON; all else is a string in JSON too. */
function jsonOfScalar(
  shape: Shape,
  value: string,
  path: readonly PropertyKey[],
  issues: StandardIssue[],
): string {
  if (shape.kind === "boolean") {
    if (value === "true" || value === "false") return value;
    issues.push({ path, message: "must be true or false" });
  } else if (jsonNumberKinds.has(shape.kind)) {
    if (jsonNumber.test(value)) return value;
    issues.push({ path, message: "must be a number" });
  }
  return JSON.stringify(value);
}

const jsonNumberKinds: ReadonlySet<Shape["kind"]> = new Set([
  "int32",
  "uint32",
  "integer",
  "float",
  "double",
] as const);

/** RFC 8259, 6; the length ends what would otherwise be a long computation on a stranger's behalf. */
const jsonNumber = /^-?(?:0|[1-9]\d{0,300})(?:\.\d{1,300})?(?:[eE][+-]?\d{1,3})?$/;

function* parseQuery(query: string | undefined): Generator<[name: string, value: string]> {
  for (const pair of query === undefined || query === "" ? [] : query.split("&")) {
    const equals = pair.indexOf("=");
    if (equals === -1) yield [decode(pair), ""];
    else yield [decode(pair.slice(0, equals)), decode(pair.slice(equals + 1))];
  }
}

/** As HTML forms write it: a plus is a space. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch (cause) {
    throw refusal("bad_request", "Cannot read the query: its percent-encoding is not UTF-8", {
      cause,
    });
  }
}
