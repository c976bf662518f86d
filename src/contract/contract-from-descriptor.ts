/** A contract of a service whose code is not here: for the CLI, for tests of others, for any caller without types. */
import { checkDescriptor } from "./check-descriptor.ts";
import type { Contract } from "./contract.ts";
import { createMessage } from "./create-message.ts";
import type { ContractDescriptor, MethodDescriptor } from "./descriptor.ts";
import { digestOf } from "./digest.ts";
import type { Message } from "./message.ts";
import type { Method } from "./method.ts";
import type { ObjectShape } from "./shape.ts";

/**
 * Its messages are validated by their shape.
 * @throws {ReefError} `invalid_argument` when the data is no descriptor
 */
export function contractFromDescriptor(descriptor: ContractDescriptor): Contract {
  return contractOf(checkDescriptor(descriptor), {
    message: (shape) => createMessage(shape),
    errorData: (shape) => createMessage(shape),
  });
}

/** How the messages of a contract are made. */
export interface MessageMakers {
  message(shape: ObjectShape): Message;
  /** Undefined: the data of typed errors stays the JSON value that it is on the wire. */
  errorData(shape: ObjectShape): Message | undefined;
}

/** The contract of a descriptor that was checked. */
export function contractOf(descriptor: ContractDescriptor, make: MessageMakers): Contract {
  const { name, version, description } = descriptor;
  const methods = Object.values(descriptor.methods).map((method) => {
    return [method.name, methodOf(method, make)] as const;
  });
  let digest: string | undefined;
  return {
    name,
    version,
    ...(description !== undefined && { description }),
    methods: Object.fromEntries(methods),
    descriptor,
    get digest() {
      return (digest ??= digestOf(descriptor));
    },
  };
}

function methodOf(
  { kind, input, output, errors = {}, http, idempotent, description }: MethodDescriptor,
  make: MessageMakers,
): Method {
  const types = Object.entries(errors).map(([reason, { data, ...rest }]) => {
    const message = data && make.errorData(data);
    return [reason, { ...rest, ...(message && { data: message }) }] as const;
  });
  return {
    kind,
    input: make.message(input),
    output: output && make.message(output),
    errors: Object.fromEntries(types),
    ...(http !== undefined && { http }),
    idempotent: idempotent === true,
    ...(description !== undefined && { description }),
  };
}
