/** A contract that was written in `.proto`: a service of linked files as a descriptor of ours. */
import { ReefError } from "../../core/errors.ts";
import { didYouMean } from "../../core/suggest.ts";
import { base64OfBytes } from "../../core/text-bytes.ts";
import { checkDescriptor } from "../check-descriptor.ts";
import type {
  ContractDescriptor,
  HttpDescriptor,
  MethodDescriptor,
  MethodKind,
} from "../descriptor.ts";
import { httpBindingKey, readHttpBinding } from "../http-binding.ts";
import { methodNameProblem } from "../names.ts";
import { pascalCase } from "../proto-names.ts";
import type { ObjectShape } from "../shape.ts";
import { encodeFileDescriptorSet } from "./descriptor-bytes.ts";
import type * as proto from "./file-descriptor.ts";
import { decodeHttpRule } from "./http-rule.ts";
import { messageShape } from "./message-shapes.ts";
import { ProtoIndex } from "./proto-index.ts";
import { withoutOptionFiles } from "./without-option-files.ts";

export interface ProtoContractOptions {
  /** The name in reef. @default the last word of the service, `greeter` for `greeter.v1.Greeter` */
  readonly name?: string;
  /** @default of the package, `2.0.0` for `greeter.v2`; else `1.0.0` */
  readonly version?: string;
}

/**
 * The contract of a service, by its full name, in linked files that have their imports among them.
 * @throws {ReefError} `not_found` for a service that is not there; `invalid_argument` for what reef has no form for
 */
export function contractFromProto(
  files: readonly proto.FileDescriptor[],
  service: string,
  options: ProtoContractOptions = {},
): ContractDescriptor {
  const index = new ProtoIndex(files);
  const found = index.service(service);
  if (!found) throw noService(service, index.services);
  const { name = serviceName(service), version = versionOf(service) } = options;
  const named = nameMethods(found.method);
  const bound = new Set<string>();
  const methods = named.map(([key, method]) => {
    const made = methodOf(index, key, method);
    const http = httpOf(index, name, method, made, bound);
    return [key, { ...made, ...(http !== undefined && { http }) }] as const;
  });
  const renamed = named.filter(([key, method]) => pascalCase(key) !== method.name);
  return checkDescriptor({
    name,
    version,
    ...index.description(found),
    methods: Object.fromEntries(methods),
    proto: {
      service,
      ...(renamed.length > 0 && {
        methods: Object.fromEntries(renamed.map(([key, method]) => [key, method.name])),
      }),
      files: base64OfBytes(encodeFileDescriptorSet(withoutOptionFiles(files).map(withoutPlaces))),
    },
  });
}

/** Full names of the services in these files. */
export function servicesIn(files: readonly proto.FileDescriptor[]): string[] {
  return files.flatMap(({ package: scope, service }) => {
    return service.map(({ name }) => (scope === undefined ? name : `${scope}.${name}`));
  });
}

function noService(service: string, known: readonly string[]): ReefError {
  const hint = didYouMean(service, known);
  const rule =
    known.length === 0
      ? "there is none"
      : `there ${known.length === 1 ? "is" : "are"} ${known.join(", ")}`;
  return new ReefError(
    "not_found",
    `Cannot find the service "${service}"${hint}: ${rule} in the files`,
  );
}

/** `greeter.v1.TripPlanner` is `trip-planner`. */
function serviceName(service: string): string {
  const word = service.split(".").at(-1) ?? service;
  const dashed = word.replace(/([a-z0-9])([A-Z])|([A-Z])(?=[A-Z][a-z])/gu, (_, a, b, c) => {
    return c === undefined ? `${a}-${b}` : `${c}-`;
  });
  return dashed.replaceAll("_", "-").toLowerCase();
}

function versionOf(service: string): string {
  const major = /\.v(\d+)(?:(?:alpha|beta|p)\w*)?\.[^.]+$/u.exec(service)?.[1] ?? "1";
  return `${major}.0.0`;
}

/** `UnaryCall` is `unaryCall`; a name that clients cannot have gets `_` behind it. */
function nameMethods(
  methods: readonly proto.MethodDescriptor[],
): (readonly [string, proto.MethodDescriptor])[] {
  const taken = new Set<string>();
  return methods.map((method) => {
    let key = method.name.replace(/^[A-Z]+(?=[A-Z][a-z]|$)|^[A-Z]/u, (word) => word.toLowerCase());
    while (taken.has(key) || (methodNameProblem(key) !== undefined && key.length < 63)) key += "_";
    taken.add(key);
    return [key, method] as const;
  });
}

function methodOf(
  index: ProtoIndex,
  key: string,
  method: proto.MethodDescriptor,
): MethodDescriptor {
  const { idempotencyLevel: level } = method.options ?? {};
  return {
    name: key,
    kind: kindOf(method),
    ...index.description(method),
    input: topShape(index, method.inputType),
    output: topShape(index, method.outputType),
    ...((level === "IDEMPOTENT" || level === "NO_SIDE_EFFECTS") && { idempotent: true }),
  };
}

function topShape(index: ProtoIndex, typeName: string): ObjectShape {
  return messageShape(index, typeName.replace(/^\./u, ""));
}

function kindOf({ clientStreaming, serverStreaming }: proto.MethodDescriptor): MethodKind {
  if (clientStreaming) return serverStreaming ? "bidi_stream" : "client_stream";
  return serverStreaming ? "server_stream" : "unary";
}

/** The binding where ours can say the same; what it cannot, is left out. */
function httpOf(
  index: ProtoIndex,
  service: string,
  { options, inputType }: proto.MethodDescriptor,
  method: MethodDescriptor,
  bound: Set<string>,
): HttpDescriptor | undefined {
  const rule = decodeHttpRule(options?.custom);
  if (rule?.verb === undefined || rule.path === undefined) return undefined;
  const fields = index.message(inputType.slice(1))?.field ?? [];
  const keyOf = (name: string) => fields.find((field) => field.name === name)?.jsonName ?? name;
  // The gateway puts the name of the service in front of every path.
  const below = rule.path.startsWith(`/${service}/`)
    ? rule.path.slice(service.length + 1)
    : rule.path;
  const path = below.replace(/\{([^}]+)\}/gu, (_, name: string) => `{${keyOf(name)}}`);
  const route = `${rule.verb} ${path}`;
  const hasBody = rule.verb !== "GET" && rule.verb !== "DELETE";
  const isWhole = rule.body === (hasBody ? "*" : undefined);
  if (!isWhole && (rule.body === undefined || rule.body === "*")) return undefined;
  const http = isWhole ? route : { route, body: keyOf(rule.body ?? "") };
  const binding = readHttpBinding(http, method);
  if (typeof binding === "string" || bound.has(httpBindingKey(binding))) return undefined;
  bound.add(httpBindingKey(binding));
  return http;
}

/** Comments stay, the lines that they stand in do not: they are of no use without the text. */
function withoutPlaces(file: proto.FileDescriptor): proto.FileDescriptor {
  const { sourceCodeInfo, ...rest } = file;
  const isKnown = /^google\/(?:protobuf|api|rpc)\//u.test(file.name);
  if (sourceCodeInfo === undefined || isKnown) return rest;
  const location = sourceCodeInfo.location.flatMap((one) => {
    const { leadingComments, trailingComments } = one;
    if (leadingComments === undefined && trailingComments === undefined) return [];
    return [{ ...one, span: [0, 0, 0] }];
  });
  return { ...rest, sourceCodeInfo: { location } };
}
