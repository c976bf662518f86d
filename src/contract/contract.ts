/** A contract: what a service promises its callers, and the only thing both sides share. */
import { checkDescriptor } from "./check-descriptor.ts";
import { createEmptyMessage, createMessage } from "./create-message.ts";
import type {
  ContractDescriptor,
  HttpDescriptor,
  MethodDescriptor,
  MethodKind,
} from "./descriptor.ts";
import { digestOf } from "./digest.ts";
import type { Message } from "./message.ts";
import { draftOf, type ErrorTypes, type Method, type MethodDraft, type Stream } from "./method.ts";
import { type ContractNumbers, type NumbersFile, parseNumbers } from "./numbers/lock-file.ts";
import { numberMessage } from "./numbers/number-shape.ts";
import { errorPath, inputPath, outputPath } from "./numbers/numbered-places.ts";
import { messageShapeOf } from "./schema-shape.ts";
import type { StandardSchema } from "./standard-schema.ts";

/** Methods by name. */
export type Methods = { readonly [name: string]: Method };

/** What a service promises. It holds no code of the service, so callers import it alone. */
export interface Contract<M extends Methods = Methods> {
  readonly name: string;
  /** Semantic version, `1.2.0`. */
  readonly version: string;
  readonly description?: string;
  readonly methods: M;
  readonly descriptor: ContractDescriptor;
  /** SHA-256 of the descriptor: two contracts with one digest promise the same. */
  readonly digest: string;
}

/** What a contract says about itself besides its methods. */
export interface ContractOptions {
  /** @default "0.0.0" */
  readonly version?: string;
  readonly description?: string;
  /**
   * The file that `reef contract lock` writes: `import numbers from "./greeter.numbers.json" with { type: "json" }`.
   * Without it the contract is spoken in JSON; protobuf and gRPC need the number of every field.
   */
  readonly numbers?: NumbersFile;
}

/**
 * Puts methods under the name of a service.
 * @throws {ReefError} `invalid_argument` for a name, version or binding against the rules, and for a schema that cannot
 *   be represented, for numbers against the rules; the text says where it is and what to write instead
 */
export function contract<M extends WrittenMethods>(
  name: string,
  methods: M,
  options: ContractOptions = {},
): Contract<M> {
  const { version = "0.0.0", description, numbers } = options;
  const lock = numbers && parseNumbers(numbers, name);
  const made = Object.entries(methods).map(([key, written]) => {
    return [key, createMethod({ service: name, method: key, lock }, written)] as const;
  });
  const descriptor = checkDescriptor({
    name,
    version,
    ...(description !== undefined && { description }),
    methods: Object.fromEntries(made.map(([key, each]) => [key, describe(key, each)])),
  });
  let digest: string | undefined;
  return {
    name,
    version,
    ...(description !== undefined && { description }),
    // Each method was made of the draft that stood under the same name and type.
    methods: Object.fromEntries(made) as unknown as M,
    descriptor,
    // Most programs define more contracts than they call; a long one takes milliseconds.
    get digest() {
      return (digest ??= digestOf(descriptor));
    },
  };
}

/** Written with no errors in it, because TypeScript would infer the errors of a method that names none from here. */
type WrittenMethods = {
  readonly [name: string]: Method<MethodKind, unknown, unknown, unknown, unknown, {}>;
};

/** Where a method stands, and the numbers that it is given there. */
interface Place {
  readonly service: string;
  readonly method: string;
  readonly lock: ContractNumbers | undefined;
}

function createMethod(place: Place, written: Method): Method {
  const draft = draftOf(written);
  if (!draft) return written;
  const { config, oneWay } = draft;
  const { method } = place;
  return {
    kind: kindOf(draft),
    input: messageOf(config.input, "input", place, inputPath(method)),
    output: oneWay ? undefined : messageOf(config.output, "output", place, outputPath(method)),
    errors: errorsOf(config.errors ?? {}, place),
    ...(config.http !== undefined && { http: plainHttp(config.http) }),
    idempotent: config.idempotent === true,
    ...(config.description !== undefined && { description: config.description }),
  };
}

/** A route that says no more than a string would is one, so that both have one digest. */
function plainHttp(http: HttpDescriptor): HttpDescriptor {
  return typeof http === "object" && Object.keys(http).join() === "route" ? http.route : http;
}

function errorsOf(errors: NonNullable<MethodDraft["config"]["errors"]>, place: Place): ErrorTypes {
  return Object.fromEntries(
    Object.entries(errors).map(([reason, { data, ...rest }]) => {
      const message = data && messageOf(data, "output", place, errorPath(place.method, reason));
      return [reason, { ...rest, ...(message && { data: message }) }];
    }),
  );
}

function messageOf(
  config: StandardSchema | Stream | undefined,
  side: "input" | "output",
  { service, lock }: Place,
  path: string,
): Message {
  if (config === undefined) return createEmptyMessage();
  const schema = "stream" in config ? config.stream : config;
  const shape = messageShapeOf(schema, side, `${service}.${path}`);
  return createMessage(numberMessage(shape, path, lock), schema);
}

function kindOf({ config, oneWay }: MethodDraft): Method["kind"] {
  if (oneWay) return "notify";
  const inputs = config.input !== undefined && "stream" in config.input;
  const outputs = config.output !== undefined && "stream" in config.output;
  if (inputs) return outputs ? "bidi_stream" : "client_stream";
  return outputs ? "server_stream" : "unary";
}

function describe(name: string, method: Method): MethodDescriptor {
  const errors = Object.entries(method.errors).map(([reason, { data, ...rest }]) => {
    return [reason, { ...rest, ...(data && { data: data.shape }) }];
  });
  return {
    name,
    kind: method.kind,
    ...(method.description !== undefined && { description: method.description }),
    input: method.input.shape,
    ...(method.output && { output: method.output.shape }),
    ...(errors.length > 0 && { errors: Object.fromEntries(errors) }),
    ...(method.http !== undefined && { http: method.http }),
    ...(method.idempotent && { idempotent: true }),
  };
}
