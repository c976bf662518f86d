/** Puts the numbers of a lock file into a message, where everything that speaks protobuf reads them. */
import type { ObjectShape, OneofShape, Shape } from "../shape.ts";
import { joinPath } from "../violations.ts";
import type { ContractNumbers } from "./lock-file.ts";
import { definitionPath } from "./numbered-places.ts";

/** The same message; what has no number in the lock, because it came later, has none here. */
export function numberMessage(
  message: ObjectShape,
  path: string,
  lock: ContractNumbers | undefined,
): ObjectShape {
  if (lock === undefined) return message;
  const numbered = numberObject(message, path, lock);
  if (message.definitions === undefined) return numbered;
  const definitions = Object.entries(message.definitions).map(([name, shape]) => {
    return [name, numberShape(shape, definitionPath(name), lock)] as const;
  });
  return { ...numbered, definitions: Object.fromEntries(definitions) };
}

function numberShape(shape: Shape, path: string, lock: ContractNumbers): Shape {
  switch (shape.kind) {
    case "list":
      return { ...shape, items: numberShape(shape.items, path, lock) };
    case "map":
      return { ...shape, values: numberShape(shape.values, path, lock) };
    case "nullable":
      return { ...shape, inner: numberShape(shape.inner, path, lock) };
    case "enum":
      return { ...shape, ...numbersOf(shape.values, path, lock), ...reservedOf(path, lock) };
    case "object":
      return numberObject(shape, path, lock);
    case "oneof":
      return numberOneof(shape, path, lock);
    default:
      return shape;
  }
}

function numberObject(shape: ObjectShape, path: string, lock: ContractNumbers): ObjectShape {
  const { numbers } = numbersOf(Object.keys(shape.fields), path, lock);
  const fields = Object.entries(shape.fields).map(([name, field]) => {
    const number = numbers[name];
    const inner = numberShape(field.shape, joinPath(path, name), lock);
    return [name, { ...field, shape: inner, ...(number !== undefined && { number }) }] as const;
  });
  return { ...shape, fields: Object.fromEntries(fields), ...reservedOf(path, lock) };
}

function numberOneof(shape: OneofShape, path: string, lock: ContractNumbers): OneofShape {
  const variants = Object.entries(shape.variants).map(([name, variant]) => {
    return [name, numberShape(variant, joinPath(path, name), lock)] as const;
  });
  return {
    ...shape,
    variants: Object.fromEntries(variants),
    ...numbersOf(Object.keys(shape.variants), path, lock),
    ...reservedOf(path, lock),
  };
}

function numbersOf(names: readonly string[], path: string, { numbers }: ContractNumbers) {
  const given = Object.hasOwn(numbers, path) ? (numbers[path] ?? {}) : {};
  const known = names.filter((name) => Object.hasOwn(given, name));
  return { numbers: Object.fromEntries(known.map((name) => [name, given[name] ?? 0])) };
}

function reservedOf(path: string, { reserved = {} }: ContractNumbers) {
  const own = Object.hasOwn(reserved, path) ? reserved[path] : undefined;
  return own && { reserved: own };
}
