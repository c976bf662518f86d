/** What a service and its methods are called where protobuf is spoken: paths of gRPC, reflection, `.proto` files. */
import type { ContractDescriptor } from "./descriptor.ts";

/** `greeter.v1.Greeter`: the major version is a part of the name, so that two of them can be had side by side. */
export function protoServiceName({ name, version, proto }: ContractDescriptor): string {
  if (proto?.service !== undefined) return proto.service;
  const [major = "0"] = version.split(".");
  return `${name.replaceAll("-", "_")}.v${major}.${pascalCase(name)}`;
}

/** `Hello`: the method with a capital letter. */
export function protoMethodName({ proto }: ContractDescriptor, method: string): string {
  return proto?.methods?.[method] ?? pascalCase(method);
}

/** Words begin at the start and behind `-` and `_`. */
export function pascalCase(name: string): string {
  return name.replace(/(?:^|[-_])([A-Za-z0-9])/gu, (_, letter: string) => letter.toUpperCase());
}
