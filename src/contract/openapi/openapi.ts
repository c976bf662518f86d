/**
 * OpenAPI 3.1 of contracts: how they are called over HTTP, for tools that know nothing of reef.
 * https://spec.openapis.org/oas/v3.1.1
 */
import type { ContractDescriptor, MethodDescriptor } from "../descriptor.ts";
import { type HttpBinding, httpBindingKey, parseHttpBinding } from "../http-binding.ts";
import { missingNumber } from "../numbers/missing-number.ts";
import type { JsonSchema } from "../to-json-schema.ts";
import { ComponentSchemas } from "./component-schemas.ts";
import {
  bearerScheme,
  boundOperation,
  directOperation,
  type OperationPlace,
  type SecurityOf,
} from "./operation.ts";
import { Paths } from "./paths.ts";
import { problemResponse, problemSchema } from "./responses.ts";

export interface OpenApiOptions {
  /** @default the name of the one contract; "Services" for several */
  readonly title?: string;
  /** @default the version of the one contract; "0.0.0" for several */
  readonly version?: string;
  /** What is in front of all paths; relative to the place of the document. @default "/" */
  readonly server?: string;
  /** Below which path a service is: `/v2/greeter` for the second of two versions. @default `/greeter` */
  readonly pathOf?: (descriptor: ContractDescriptor) => string;
  /** Whether a call brings a token: it must, it may, or nobody asks for one. @default nobody asks */
  readonly securityOf?: SecurityOf;
}

/** Plain JSON data. */
export type OpenApiDocument = Readonly<JsonSchema>;

/** The document of all these contracts, which were checked; each must have a path of its own. */
export function openApiOf(
  descriptors: readonly ContractDescriptor[],
  options: OpenApiOptions = {},
): OpenApiDocument {
  const only = descriptors.length === 1 ? descriptors[0] : undefined;
  const { title = only?.name ?? "Services", version = only?.version ?? "0.0.0" } = options;
  const { server = "/", pathOf = ({ name }) => `/${name}`, securityOf } = options;
  const schemas = new ComponentSchemas();
  schemas.add("Problem", () => problemSchema);
  const paths = new Paths();
  for (const descriptor of descriptors) {
    const path = pathOf(descriptor);
    const numbered = missingNumber(descriptor) === undefined;
    addMethods(paths, { descriptor, path, tag: tagOf(path), schemas, numbered, securityOf });
  }
  return {
    openapi: "3.1.0",
    info: { title, version, ...described(only) },
    servers: [{ url: server }],
    tags: descriptors.map((one) => ({ name: tagOf(pathOf(one)), ...described(one) })),
    paths: paths.document(),
    components: {
      schemas: schemas.document(),
      responses: { Problem: problemResponse },
      ...(securityOf && { securitySchemes: { bearer: bearerScheme } }),
    },
  };
}

function described(descriptor: ContractDescriptor | undefined): JsonSchema {
  const text = descriptor?.description;
  return text === undefined ? {} : { description: text };
}

/** `greeter`, and `greeter.v2` of `/v2/greeter`: what the names of all its parts begin with. */
function tagOf(path: string): string {
  return path.slice(1).split("/").toReversed().join(".");
}

/** Methods by their own paths come first: of two that want one path, it is they who are served there. */
function addMethods(paths: Paths, place: OperationPlace): void {
  const methods = Object.values(place.descriptor.methods);
  const bound = methods.flatMap((method) => {
    return method.http === undefined
      ? []
      : [{ method, binding: parseHttpBinding(method.http, method) }];
  });
  const own = bound.filter(({ method, binding }) => isOwnPath(method, binding));
  for (const method of methods) {
    if (own.some((each) => each.method === method)) continue;
    const at = { parts: [...segmentsOf(place), { literal: method.name }], verb: "post" };
    paths.add(at, () => directOperation(place, method));
  }
  for (const { method, binding } of bound) {
    const at = {
      parts: [...segmentsOf(place), ...binding.segments],
      verb: binding.verb.toLowerCase(),
    };
    paths.add(at, (names) => boundOperation(place, method, binding, names));
  }
}

/** A binding to the method's own path stands for it: it only says more about the answer. */
function isOwnPath({ name, kind }: MethodDescriptor, binding: HttpBinding): boolean {
  return kind !== "server_stream" && httpBindingKey(binding) === `POST /${name}`;
}

function segmentsOf({ path }: OperationPlace): { readonly literal: string }[] {
  return path
    .slice(1)
    .split("/")
    .map((literal) => ({ literal }));
}
