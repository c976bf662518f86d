/** Whether a contract can be spoken as protobuf at all. */
import type { ContractDescriptor } from "../descriptor.ts";
import type { ObjectShape, Shape } from "../shape.ts";

/** Every field, variant and enum value of every message has its number. */
export function hasNumbers({ methods }: ContractDescriptor): boolean {
  return Object.values(methods).every(({ input, output, errors = {} }) => {
    const data = Object.values(errors).map((error) => error.data);
    return [input, output, ...data].every((shape) => shape === undefined || isNumbered(shape));
  });
}

function isNumbered(shape: ObjectShape): boolean {
  return [shape, ...Object.values(shape.definitions ?? {})].every(isShapeNumbered);
}

function isShapeNumbered(shape: Shape): boolean {
  switch (shape.kind) {
    case "list":
      return isShapeNumbered(shape.items);
    case "map":
      return isShapeNumbered(shape.values);
    case "nullable":
      return isShapeNumbered(shape.inner);
    case "enum":
      return shape.values.every((value) => shape.numbers?.[value] !== undefined);
    case "oneof":
      return Object.entries(shape.variants).every(([name, variant]) => {
        return shape.numbers?.[name] !== undefined && isShapeNumbered(variant);
      });
    case "object":
      return Object.values(shape.fields).every(({ number, shape: inner }) => {
        return number !== undefined && isShapeNumbered(inner);
      });
    default:
      return true;
  }
}
