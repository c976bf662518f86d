/**
 * Typed errors: what a contract says can go wrong, with its data.
 *
 * A handler throws `call.errors.nobody({ name })`, a caller asks `isError(e, Greeter, "nobody")` and reads
 * `e.data.name`.
 */
import { ReefError } from "../core/errors.ts";
import type { Contract, Methods } from "./contract.ts";
import { readJson } from "./json-read.ts";
import { toJsonValue } from "./json-write.ts";
import type { ErrorType, ErrorTypes } from "./method.ts";

/** One maker for each typed error of a method. */
export type ErrorMakers<E extends ErrorTypes> = {
  readonly [R in keyof E]: (data: DataGiven<E[R]>, message?: string) => ReefError;
};

/** A ReefError whose data is known. */
export type TypedError<Data, R> = ReefError & { readonly reason: R; readonly data: Data };

/** Every reason that some method of the contract declares. */
export type ReasonOf<M extends Methods> = { [N in keyof M]: keyof M[N]["errors"] }[keyof M] &
  string;

/** The data of a reason; a union where methods declare it differently. */
export type DataOf<M extends Methods, R extends string> = {
  [N in keyof M]: R extends keyof M[N]["errors"] ? DataSeen<M[N]["errors"][R]> : never;
}[keyof M];

type DataGiven<T> = T extends ErrorType<infer Data, infer _> ? Data : never;
type DataSeen<T> = T extends ErrorType<infer _, infer Seen> ? Seen : never;

/** Whether this is the typed error `reason` of this contract, whichever of its methods threw it. */
export function isError<M extends Methods, R extends ReasonOf<M>>(
  error: unknown,
  contract: Contract<M>,
  reason: R,
): error is TypedError<DataOf<M, R>, R> {
  return error instanceof ReefError && error.domain === contract.name && error.reason === reason;
}

/** The makers that a handler gets as `call.errors`. The data is copied: what is thrown no longer changes. */
export function createErrorMakers<E extends ErrorTypes>(
  service: string,
  errors: E,
): ErrorMakers<E> {
  const makers = Object.entries(errors).map(([reason, type]) => {
    const make = (data: unknown, message?: string): ReefError => {
      return new ReefError(
        type.code,
        message ?? type.description ?? `${service} says "${reason}"`,
        {
          reason,
          domain: service,
          data: type.data?.copy(data),
        },
      );
    };
    return [reason, make] as const;
  });
  // One maker was made for each key.
  return Object.fromEntries(makers) as ErrorMakers<E>;
}

/** The data of a typed error as a JSON value, exactly the declared fields; other errors' data as it is. */
export function errorDataToJson(errors: ErrorTypes, reason: string | undefined, data: unknown) {
  const shape = typeOf(errors, reason)?.data?.shape;
  return shape ? toJsonValue(shape, data, shape.definitions) : data;
}

/** What `errorDataToJson` of a far side made, as a caller sees it. */
export function errorDataFromJson(errors: ErrorTypes, reason: string | undefined, json: unknown) {
  const shape = typeOf(errors, reason)?.data?.shape;
  return shape ? readJson(shape, json, shape.definitions) : json;
}

function typeOf(errors: ErrorTypes, reason: string | undefined): ErrorType | undefined {
  return reason !== undefined && Object.hasOwn(errors, reason) ? errors[reason] : undefined;
}
