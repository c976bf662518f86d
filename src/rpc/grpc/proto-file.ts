/**
 * The `.proto` file of a contract whose shapes were written by hand after one: reflection answers with it. It knows
 * what such contracts use and no more.
 */
import type { ContractDescriptor } from "../../contract/descriptor.ts";
import { encodeFileDescriptorSet } from "../../contract/proto/descriptor-bytes.ts";
import type { FieldDescriptor, FileDescriptor } from "../../contract/proto/file-descriptor.ts";
import type { MessageDescriptor } from "../../contract/proto/file-descriptor.ts";
import { pascalCase, protoMethodName, protoServiceName } from "../../contract/proto-names.ts";
import type { EnumShape, Field, ObjectShape, Shape } from "../../contract/shape.ts";

/** The same contract, with its file. */
export function withProtoFile(
  descriptor: ContractDescriptor,
  fileName: string,
): ContractDescriptor {
  const set = encodeFileDescriptorSet([fileOf(descriptor, fileName)]);
  return {
    ...descriptor,
    proto: { ...descriptor.proto, files: Buffer.from(set).toString("base64") },
  };
}

function fileOf(descriptor: ContractDescriptor, name: string): FileDescriptor {
  const [scope, service] = splitName(protoServiceName(descriptor));
  const messages = new Map<string, MessageDescriptor>();
  const method = Object.values(descriptor.methods).map(({ name: method, kind, input, output }) => ({
    name: protoMethodName(descriptor, method),
    inputType: addMessage(input, messages),
    outputType: addMessage(output ?? input, messages),
    clientStreaming: kind === "client_stream" || kind === "bidi_stream",
    serverStreaming: kind === "server_stream" || kind === "bidi_stream",
  }));
  return {
    name,
    package: scope,
    dependency: [],
    messageType: [...messages.values()],
    enumType: [],
    service: [{ name: service, method }],
    syntax: "proto3",
  };
}

/** Its full name with a leading dot, as fields and methods refer to it. */
function addMessage(shape: ObjectShape, messages: Map<string, MessageDescriptor>): string {
  const fullName = `.${shape.protoName}`;
  if (messages.has(fullName)) return fullName;
  const oneofs = Object.entries(shape.oneofs ?? {});
  const message: MessageDescriptor = {
    name: splitName(fullName)[1],
    field: [],
    nestedType: [],
    enumType: [],
    oneofDecl: oneofs.map(([name]) => ({ name })),
  };
  messages.set(fullName, message);
  for (const [key, field] of Object.entries(shape.fields)) {
    const oneofIndex = oneofs.findIndex(([, names]) => names.includes(key));
    message.field.push({
      ...fieldOf(key, field),
      ...typeOf(itemsOf(field.shape), { key, fullName, message, messages }),
      ...(oneofIndex !== -1 && { oneofIndex }),
    });
  }
  return fullName;
}

function fieldOf(key: string, { number = 0, shape, protoName = key }: Field) {
  const label = shape.kind === "list" ? "LABEL_REPEATED" : "LABEL_OPTIONAL";
  return { name: protoName, jsonName: key, number, label } as const;
}

function typeOf(
  shape: Shape,
  at: {
    readonly key: string;
    readonly fullName: string;
    readonly message: MessageDescriptor;
    readonly messages: Map<string, MessageDescriptor>;
  },
): Pick<FieldDescriptor, "type" | "typeName"> {
  if (shape.kind === "object") {
    return { type: "TYPE_MESSAGE", typeName: addMessage(shape, at.messages) };
  }
  if (shape.kind === "enum") {
    const name = pascalCase(at.key);
    at.message.enumType.push({ name, value: valuesOf(shape) });
    return { type: "TYPE_ENUM", typeName: `${at.fullName}.${name}` };
  }
  const scalars = { string: "TYPE_STRING", bytes: "TYPE_BYTES", boolean: "TYPE_BOOL" } as const;
  return { type: shape.kind in scalars ? scalars[shape.kind as "string"] : "TYPE_INT32" };
}

function valuesOf({ values, numbers = {} }: EnumShape) {
  return values.map((name) => ({ name, number: numbers[name] ?? 0 }));
}

function itemsOf(shape: Shape): Shape {
  return shape.kind === "list" ? shape.items : shape;
}

function splitName(fullName: string): readonly [scope: string, name: string] {
  const dot = fullName.lastIndexOf(".");
  return [fullName.slice(0, dot), fullName.slice(dot + 1)];
}
