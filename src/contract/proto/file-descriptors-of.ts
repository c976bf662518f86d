/** A contract as the `.proto` file that others would write for it: what reflection answers and `reef contract show`. */
import { bytesOfBase64 } from "../../core/text-bytes.ts";
import type { ContractDescriptor, MethodDescriptor, Shape } from "../descriptor.ts";
import type { ObjectShape } from "../shape.ts";
import { canonicalJson } from "../digest.ts";
import { routeOf } from "../http-binding.ts";
import { refuseWithoutNumbers } from "../numbers/missing-number.ts";
import { messagesOf } from "../numbers/numbered-places.ts";
import { protoMethodName, protoServiceName } from "../proto-names.ts";
import { sourceComments } from "./source-comments.ts";
import { decodeFileDescriptorSet } from "./descriptor-bytes.ts";
import type * as proto from "./file-descriptor.ts";
import { encodeHttpRule } from "./http-rule.ts";
import { errorIdentifier, fieldIdentifier, freeName } from "./proto-identifiers.ts";
import { TypeBuilder, type FieldTypes, type TypeContext, type TypeScope } from "./type-builder.ts";
import { withWellKnownFiles } from "./well-known-files.ts";

/**
 * The files, each behind those that it imports, the one with the service last. Of a contract from `.proto` they are the
 * files that it was written in. What they import of `google/` and comes with the package is among them.
 * @throws {ReefError} `failed_precondition` for a contract without numbers, with the command that gives them
 */
export function fileDescriptorsOf(descriptor: ContractDescriptor): proto.FileDescriptor[] {
  const { files } = descriptor.proto ?? {};
  if (files !== undefined) {
    return withWellKnownFiles(decodeFileDescriptorSet(bytesOfBase64(files) ?? noBytes));
  }
  refuseWithoutNumbers(descriptor);
  return withWellKnownFiles([new FileBuilder(descriptor).file()]);
}

const noBytes = new Uint8Array(0);

class FileBuilder {
  readonly #descriptor: ContractDescriptor;
  readonly #types = new TypeBuilder();
  readonly #file: proto.FileDescriptor;
  readonly #scope: TypeScope;
  /** Definitions that are the same in all messages are made once. */
  readonly #known = new Map<string, FieldTypes>();
  readonly #areShared: boolean;

  constructor(descriptor: ContractDescriptor) {
    this.#descriptor = descriptor;
    const full = protoServiceName(descriptor);
    const dot = full.lastIndexOf(".");
    const scope = full.slice(0, Math.max(dot, 0));
    const file: proto.FileDescriptor = {
      name: `${scope.replaceAll(".", "/")}${scope === "" ? "" : "/"}${fileName(descriptor.name)}`,
      ...(scope !== "" && { package: scope }),
      dependency: [],
      messageType: [],
      enumType: [],
      service: [],
      syntax: "proto3",
    };
    this.#file = file;
    const { messageType: messages, enumType: enums } = file;
    const fullName = scope === "" ? "" : `.${scope}`;
    this.#scope = { fullName, messages, enums, taken: new Set([full.slice(dot + 1)]) };
    this.#areShared = areShared(descriptor);
  }

  file(): proto.FileDescriptor {
    const { description } = this.#descriptor;
    const methods = Object.values(this.#descriptor.methods).map((method) => this.#method(method));
    const service: proto.ServiceDescriptor = {
      name: protoServiceName(this.#descriptor).split(".").at(-1) ?? "",
      method: methods,
    };
    this.#file.service.push(service);
    const { comments, imports } = this.#types;
    if (description !== undefined) comments.set(service, description);
    this.#file.dependency.push(...[...imports].toSorted());
    this.#file.sourceCodeInfo = sourceComments(this.#file, comments);
    return this.#file;
  }

  #method(method: MethodDescriptor): proto.MethodDescriptor {
    const { kind, input, output, errors = {}, description } = method;
    const name = protoMethodName(this.#descriptor, method.name);
    const made: proto.MethodDescriptor = {
      name,
      inputType: this.#message(input, `${name}Request`),
      outputType: this.#message(output ?? { kind: "object", fields: {} }, `${name}Response`),
      ...(kind === "client_stream" || kind === "bidi_stream" ? { clientStreaming: true } : {}),
      ...(kind === "server_stream" || kind === "bidi_stream" ? { serverStreaming: true } : {}),
    };
    const options = this.#options(method);
    if (options) made.options = options;
    for (const [reason, { code, data, description: why }] of Object.entries(errors)) {
      if (data === undefined) continue;
      const about = why === undefined ? "" : `: ${why}`;
      const text = `What the error "${reason}" (${code}) of ${name} carries${about}`;
      const shape = { ...data, description: text };
      this.#message(shape, errorIdentifier(name, reason));
    }
    const notes = [description, kind === "notify" ? "Nothing is answered." : undefined];
    const text = notes.filter((note) => note !== undefined).join("\n");
    if (text !== "") this.#types.comments.set(made, text);
    return made;
  }

  #message(shape: ObjectShape, name: string): string {
    const context: TypeContext = {
      definitions: shape.definitions ?? {},
      definitionScope: this.#scope,
      known: this.#areShared ? this.#known : new Map(),
    };
    return this.#types.message(shape, name, this.#scope, context).typeName ?? "";
  }

  #options({ http, idempotent, input }: MethodDescriptor): proto.MethodOptions | undefined {
    const options: proto.MethodOptions = {};
    if (idempotent) {
      const isRead = http === undefined || routeOf(http).startsWith("GET ");
      options.idempotencyLevel = http !== undefined && isRead ? "NO_SIDE_EFFECTS" : "IDEMPOTENT";
    }
    if (http !== undefined) {
      const [verb = "", path = ""] = routeOf(http).split(" ");
      const named = path.replace(/\{([^}=]+)/gu, (_, field: string) => {
        return `{${this.#fieldName(input, field)}`;
      });
      const field = typeof http === "object" ? http.body : undefined;
      const body = field === undefined ? wholeBody(verb) : this.#fieldName(input, field);
      options.custom = encodeHttpRule({
        verb,
        path: `/${this.#descriptor.name}${named}`,
        ...(body !== undefined && { body }),
      });
      this.#types.imports.add("google/api/annotations.proto");
    }
    return Object.keys(options).length > 0 ? options : undefined;
  }

  /** As the message has it: names may have had to make way for each other. */
  #fieldName(input: ObjectShape, name: string): string {
    const taken = new Set<string>();
    for (const each of Object.keys(input.fields)) {
      const identifier = freeName(fieldIdentifier(each), taken);
      if (each === name) return identifier;
    }
    return fieldIdentifier(name);
  }
}

function wholeBody(verb: string): string | undefined {
  return verb === "GET" || verb === "DELETE" ? undefined : "*";
}

function fileName(service: string): string {
  return `${service.replaceAll("-", "_")}.proto`;
}

/** Schema libraries number definitions without a name: then `Type1` of one message is not that of another. */
function areShared(descriptor: ContractDescriptor): boolean {
  const texts = new Map<string, string>();
  for (const { shape } of Object.values(descriptor.methods).flatMap(messagesOf)) {
    const definitions: [string, Shape][] = Object.entries(shape.definitions ?? {});
    for (const [name, definition] of definitions) {
      const text = canonicalJson(definition);
      if ((texts.get(name) ?? text) !== text) return false;
      texts.set(name, text);
    }
  }
  return true;
}
