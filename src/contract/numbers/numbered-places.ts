/**
 * The places of a contract that protobuf knows by number, under paths that stay what they are while the contract grows:
 * `hello.input`, `hello.input.address`, `hello.errors.nobody`, `#Tree` for a definition. What stands between a field
 * and its object (a list, a map, a null) is no part of the path, as there is one object at most below a field.
 */
import type { ContractDescriptor, MethodDescriptor } from "../descriptor.ts";
import type { EnumShape, ObjectShape, OneofShape, Shape } from "../shape.ts";
import { joinPath } from "../violations.ts";

export interface NumberedPlace {
  readonly path: string;
  /** The fields of an object, the variants of a oneof, the values of an enum. */
  readonly names: readonly string[];
  readonly shape: ObjectShape | OneofShape | EnumShape;
}

/** In the order in which the contract was written. */
export function numberedPlaces({ methods }: ContractDescriptor): NumberedPlace[] {
  return Object.values(methods).flatMap((method) => {
    return messagesOf(method).flatMap(({ path, shape }) => placesOf(shape, path));
  });
}

/** The messages of a method, each with its path. */
export function messagesOf({ name, input, output, errors = {} }: MethodDescriptor) {
  const data = Object.entries(errors).map(([reason, error]) => {
    return { path: errorPath(name, reason), shape: error.data };
  });
  const messages = [
    { path: inputPath(name), shape: input },
    { path: outputPath(name), shape: output },
    ...data,
  ];
  return messages.flatMap(({ path, shape }) => (shape ? [{ path, shape }] : []));
}

export function inputPath(method: string): string {
  return `${method}.input`;
}

export function outputPath(method: string): string {
  return `${method}.output`;
}

export function errorPath(method: string, reason: string): string {
  return `${method}.errors.${reason}`;
}

/** One definition of this name in the whole contract: its numbers are the same wherever it is named. */
export function definitionPath(name: string): string {
  return `#${name}`;
}

function placesOf(message: ObjectShape, path: string): NumberedPlace[] {
  const definitions = Object.entries(message.definitions ?? {});
  return [
    ...below(message, path),
    ...definitions.flatMap(([name, shape]) => below(shape, definitionPath(name))),
  ];
}

function below(shape: Shape, path: string): NumberedPlace[] {
  switch (shape.kind) {
    case "enum":
      return [{ path, names: shape.values, shape }];
    case "list":
      return below(shape.items, path);
    case "map":
      return below(shape.values, path);
    case "nullable":
      return below(shape.inner, path);
    case "oneof": {
      const variants = Object.entries(shape.variants);
      return [
        { path, names: Object.keys(shape.variants), shape },
        ...variants.flatMap(([name, variant]) => below(variant, joinPath(path, name))),
      ];
    }
    case "object": {
      const fields = Object.entries(shape.fields);
      return [
        { path, names: Object.keys(shape.fields), shape },
        ...fields.flatMap(([name, field]) => below(field.shape, joinPath(path, name))),
      ];
    }
    default:
      return [];
  }
}
