/** What a method answers: its success by status, its typed errors by theirs, and a problem for all else. */
import type { ErrorDescriptor, MethodDescriptor } from "../descriptor.ts";
import { codes } from "../../core/errors.ts";
import { codeRows } from "../http-status.ts";
import type { JsonSchema } from "../to-json-schema.ts";
import type { OperationPlace } from "./operation.ts";

/** RFC 9457, as the gateway writes it. */
export const problemSchema: JsonSchema = {
  type: "object",
  description: "What went wrong (RFC 9457)",
  properties: {
    type: { type: "string", description: "Stable, for programs: urn:reef:problem:not_found" },
    title: { type: "string" },
    status: { type: "integer", minimum: 400, maximum: 599 },
    detail: { type: "string" },
    instance: {
      type: "string",
      description: "The id of the request, under which the log has more",
    },
    code: { type: "string", enum: [...codes] },
    violations: {
      type: "array",
      description: "Each field of the input that is wrong",
      items: {
        type: "object",
        properties: { path: { type: "string" }, message: { type: "string" } },
        required: ["path", "message"],
      },
    },
    data: { description: "What a typed error carries" },
    retryAfterS: { type: "integer", description: "Seconds after which another try makes sense" },
  },
  required: ["type", "title", "status", "detail", "instance", "code"],
};

const problemType = "application/problem+json";

export const problemResponse: JsonSchema = {
  description: "The call failed",
  content: { [problemType]: { schema: { $ref: "#/components/schemas/Problem" } } },
};

export interface SuccessOptions {
  readonly status: number;
  /** It has a validator, and may be asked for again under a condition. */
  readonly tagged: boolean;
  /** It says where the thing is that was made. */
  readonly located?: boolean;
}

/** All that can come back, by status. */
export function responsesOf(
  place: OperationPlace,
  method: MethodDescriptor,
  success: SuccessOptions,
): JsonSchema {
  const { status, tagged } = success;
  return {
    [status]: successResponse(place, method, success),
    ...(tagged && { 304: { description: "What If-None-Match names still holds" } }),
    ...errorResponses(place, method),
    default: { $ref: "#/components/responses/Problem" },
  };
}

/** One message, as JSON and, where it has numbers, as protobuf. */
export function messageTypes({ numbered }: OperationPlace, schema: JsonSchema): JsonSchema {
  const protobuf = { schema: { description: "The same message by the numbers of its fields" } };
  return { "application/json": { schema }, ...(numbered && { "application/protobuf": protobuf }) };
}

/** Messages one after the other, each a line of JSON. */
export function lines(item: JsonSchema): JsonSchema {
  return { "application/x-ndjson": streamType("One JSON text a line", item) };
}

/** OpenAPI 3.1 has no word for the items of a stream; 3.2 calls them `itemSchema`. */
function streamType(description: string, item: JsonSchema): JsonSchema {
  return { schema: { type: "string", description }, "x-item-schema": item };
}

function successResponse(
  place: OperationPlace,
  { name, kind, output }: MethodDescriptor,
  { status, tagged, located }: SuccessOptions,
): JsonSchema {
  const { tag, schemas } = place;
  const headers = {
    ...(tagged && { ETag: header("Of these bytes; goes into If-None-Match") }),
    ...(located && { Location: header("Where the thing is that was made") }),
  };
  const more = Object.keys(headers).length > 0 ? { headers } : {};
  if (!output || status === 204) return { description: successTexts[status] ?? "", ...more };
  const schema = schemas.message(output, {
    name: `${tag}.${name}.output`,
    prefix: tag,
    side: "output",
  });
  const streams = kind === "server_stream" || kind === "bidi_stream";
  const content = streams
    ? {
        "text/event-stream": streamType("The data of each event is one JSON text", schema),
        ...lines(schema),
      }
    : messageTypes(place, schema);
  return { description: successTexts[status] ?? "", ...more, content };
}

const successTexts: { readonly [status: number]: string } = {
  200: "The answer",
  201: "What was made",
  202: "It was accepted",
  204: "It was done",
};

function header(description: string): JsonSchema {
  return { description, schema: { type: "string" } };
}

function errorResponses(
  place: OperationPlace,
  { name, errors = {} }: MethodDescriptor,
): JsonSchema {
  const byStatus = Map.groupBy(Object.entries(errors), ([, { code }]) => codeRows[code].status);
  const responses = [...byStatus].map(([status, typed]) => {
    const schemas = typed.map(([reason, error]) =>
      problemOf(place, `${name}.${reason}`, reason, error),
    );
    const texts = typed.map(([reason, { description }]) => description ?? reason);
    const any = { anyOf: [...schemas, { $ref: "#/components/schemas/Problem" }] };
    return [status, { description: texts.join("; "), content: { [problemType]: { schema: any } } }];
  });
  return Object.fromEntries(responses);
}

/** A problem whose type and data are known. */
function problemOf(
  { descriptor, tag, schemas }: OperationPlace,
  name: string,
  reason: string,
  { code, description, data }: ErrorDescriptor,
): JsonSchema {
  const carried =
    data && schemas.message(data, { name: `${tag}.${name}.data`, prefix: tag, side: "output" });
  return schemas.add(`${tag}.${name}`, () => ({
    ...(description !== undefined && { description }),
    allOf: [
      { $ref: "#/components/schemas/Problem" },
      {
        type: "object",
        properties: {
          type: { const: `urn:reef:error:${descriptor.name}:${reason}` },
          status: { const: codeRows[code].status },
          code: { const: code },
          ...(carried && { data: carried }),
        },
        ...(carried && { required: ["data"] }),
      },
    ],
  }));
}
