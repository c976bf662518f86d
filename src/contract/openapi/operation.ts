/** One method as an operation: at `POST /service/method`, or where its contract has bound it. */
import type { ContractDescriptor, MethodDescriptor } from "../descriptor.ts";
import type { HttpBinding } from "../http-binding.ts";
import type { Field, ObjectShape } from "../shape.ts";
import { type JsonSchema, schemaOf, type Target } from "../to-json-schema.ts";
import type { ComponentSchemas } from "./component-schemas.ts";
import type { FieldNames } from "./paths.ts";
import { lines, messageTypes, responsesOf } from "./responses.ts";

/** The service whose operations are written. */
export interface OperationPlace {
  readonly descriptor: ContractDescriptor;
  /** `/greeter`. */
  readonly path: string;
  /** `greeter`. */
  readonly tag: string;
  readonly schemas: ComponentSchemas;
  /** All that it says has numbers, so that it can be said in protobuf. */
  readonly numbered: boolean;
  readonly securityOf?: SecurityOf | undefined;
}

export type SecurityOf = (
  descriptor: ContractDescriptor,
  method: MethodDescriptor,
) => "required" | "optional" | undefined;

/** An access token of this platform, `Authorization: Bearer ...`. */
export const bearerScheme: JsonSchema = {
  type: "http",
  scheme: "bearer",
  bearerFormat: "JWT",
  description: "An access token of POST /auth/login, or one of `reef auth token`",
};

/** `POST /service/method`, whose body is the input. */
export function directOperation(place: OperationPlace, method: MethodDescriptor): JsonSchema {
  const { kind } = method;
  const input = inputOf(place, method);
  const streams = kind === "client_stream" || kind === "bidi_stream";
  return {
    ...aboutOf(place, method, method.name),
    requestBody: {
      required: true,
      content: streams ? lines(input) : messageTypes(place, input),
    },
    responses: responsesOf(place, method, { status: kind === "notify" ? 202 : 200, tagged: false }),
  };
}

/** The binding, its fields in the path, the query and the body. */
export function boundOperation(
  place: OperationPlace,
  method: MethodDescriptor,
  binding: HttpBinding,
  names: FieldNames,
): JsonSchema {
  const { verb, rest, bodyField, status, location } = binding;
  const fields = Object.entries(method.input.fields);
  const inPath = fields.flatMap(([name, field]) => {
    const called = names.get(name);
    return called === undefined ? [] : [parameter(called, "path", field)];
  });
  const others = fields.filter(([name]) => !names.has(name) && name !== bodyField);
  const inQuery =
    rest === "query" ? others.map(([name, field]) => parameter(name, "query", field)) : [];
  const parameters = [...inPath, ...inQuery];
  const tagged = verb === "GET" && method.idempotent === true && method.kind === "unary";
  return {
    ...aboutOf(place, method, `${method.name}_${verb.toLowerCase()}`),
    ...(parameters.length > 0 && { parameters }),
    ...bodyOf(place, method, binding),
    responses: responsesOf(place, method, {
      status,
      tagged,
      ...(location && { located: true }),
    }),
  };
}

function aboutOf(
  { descriptor, tag, securityOf }: OperationPlace,
  method: MethodDescriptor,
  id: string,
): JsonSchema {
  const { name, kind, description, idempotent } = method;
  const security = securityOf?.(descriptor, method);
  const [first = ""] = (description ?? "").split("\n");
  return {
    // A plain identifier, because it becomes the name of a function.
    operationId: `${tag.replaceAll(/[^A-Za-z0-9]/g, "_")}_${id}`,
    tags: [tag],
    ...(first !== "" && { summary: first }),
    ...(description !== undefined && { description }),
    "x-reef-method": `${descriptor.name}/${name}`,
    "x-reef-kind": kind,
    ...(idempotent && { "x-reef-idempotent": true }),
    ...(security && { security: security === "required" ? [bearer] : [{}, bearer] }),
  };
}

const bearer = { bearer: [] };

function inputOf({ tag, schemas }: OperationPlace, { name, input }: MethodDescriptor): JsonSchema {
  return schemas.message(input, { name: `${tag}.${name}.input`, prefix: tag, side: "input" });
}

function parameter(name: string, where: "path" | "query", { shape, ...field }: Field): JsonSchema {
  const { description, ...schema } = schemaOf(
    shape.kind === "nullable" ? shape.inner : shape,
    scalarInput,
  );
  const required = where === "path" || (!field.optional && field.default === undefined);
  return {
    name,
    in: where,
    ...(description !== undefined && { description }),
    ...(required && { required }),
    schema: { ...schema, ...(field.default !== undefined && { default: field.default }) },
  };
}

/** What stands in a path or query refers to no definition. */
const scalarInput: Target = { side: "input", refer: (definition) => definition };

function bodyOf(place: OperationPlace, method: MethodDescriptor, binding: HttpBinding): JsonSchema {
  const { rest, bodyField, segments } = binding;
  if (rest === "query" && bodyField === undefined) return {};
  const captured = segments.flatMap((segment) => ("field" in segment ? segment.field : []));
  const whole = bodyField === undefined && captured.length === 0;
  const schema = whole ? inputOf(place, method) : partOf(place, method, captured, bodyField);
  const content =
    bodyField === undefined ? messageTypes(place, schema) : { "application/json": { schema } };
  return { requestBody: { required: true, content } };
}

/** The input without what stands elsewhere, or the one field that is the body. */
function partOf(
  { tag, schemas }: OperationPlace,
  { name, input }: MethodDescriptor,
  captured: readonly string[],
  bodyField: string | undefined,
): JsonSchema {
  const kept = Object.entries(input.fields).filter(([field]) => {
    return bodyField === undefined ? !captured.includes(field) : field === bodyField;
  });
  const { protoName: _, ...rest } = input;
  const shape: ObjectShape = { ...rest, fields: Object.fromEntries(kept) };
  const options = { name: `${tag}.${name}.body`, prefix: tag, side: "input" } as const;
  const reference = schemas.message(shape, options);
  // The component is the object around the field; what is sent is the field alone.
  if (bodyField === undefined) return reference;
  return { $ref: `${String(reference["$ref"])}/properties/${pointerPart(bodyField)}` };
}

function pointerPart(name: string): string {
  return encodeURIComponent(name.replaceAll("~", "~0").replaceAll("/", "~1"));
}
