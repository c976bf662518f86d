/** A channel: the type of the messages that broker and events carry under one name. */
import { ReefError } from "../core/errors.ts";
import { createMessage } from "./create-message.ts";
import type { ChannelDescriptor } from "./descriptor.ts";
import type { Message } from "./message.ts";
import { channelNameProblem } from "./names.ts";
import { messageShapeOf } from "./schema-shape.ts";
import type { InputOf, OutputOf, StandardSchema } from "./standard-schema.ts";

export interface Channel<Sent = unknown, Seen = unknown> {
  readonly name: string;
  readonly message: Message<Sent, Seen>;
  readonly descriptor: ChannelDescriptor;
}

/** @throws {ReefError} `invalid_argument` for a bad name or a schema that cannot be represented */
export function channel<S extends StandardSchema>(
  name: string,
  schema: S,
  options: { readonly description?: string } = {},
): Channel<InputOf<S>, OutputOf<S>> {
  const problem = channelNameProblem(name);
  if (problem !== undefined) {
    throw new ReefError("invalid_argument", `Cannot name a channel "${name}": ${problem}`);
  }
  const shape = messageShapeOf(schema, "input", `channel ${name}`);
  return {
    name,
    // The types are those of the schema that the message is made of.
    message: createMessage(shape, schema) as Message<InputOf<S>, OutputOf<S>>,
    descriptor: { name, ...options, message: shape },
  };
}
