/** Shapes of messages that others have written in `.proto`, for the contracts that every gRPC server has. */
import type { Field, ObjectShape, Shape } from "../../contract/shape.ts";

export const text: Shape = { kind: "string" };
export const int32: Shape = { kind: "int32" };
export const bytes: Shape = { kind: "bytes" };

export function protoMessage(
  protoName: string,
  fields: { readonly [name: string]: Field },
  oneofs?: { readonly [name: string]: readonly string[] },
): ObjectShape {
  return { kind: "object", fields, protoName, ...(oneofs && { oneofs }) };
}

/** A field of proto3 that is its zero when it is not there. */
export function zeroField(number: number, shape: Shape, zero: unknown, protoName?: string): Field {
  return {
    number,
    shape,
    default: zero,
    implicit: true,
    ...(protoName !== undefined && { protoName }),
  };
}

/** A message, or one of a oneof: it is there or not. */
export function optionalField(number: number, shape: Shape, protoName?: string): Field {
  return { number, shape, optional: true, ...(protoName !== undefined && { protoName }) };
}
