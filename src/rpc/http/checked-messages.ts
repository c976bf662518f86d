/**
 * What a reef service does with its messages by itself is done here, at the caller's end, for programs that know
 * nothing of contracts: what they get keeps the contract, with defaults and without anything undeclared, and what they
 * answer is held against it before anybody sees it.
 */
import { encodeBytes } from "../../contract/byte-sink.ts";
import { createMessage } from "../../contract/create-message.ts";
import type { Message } from "../../contract/message.ts";
import { ReefError } from "../../core/errors.ts";
import type { ClientMethod } from "../client-call.ts";

export class CheckedMessages {
  /** By shape alone: a schema of the caller's own may change what it validates, and has done so once. */
  readonly #byShape = new WeakMap<Message, Message>();

  /**
   * The input as JSON.
   * @throws {ReefError} `invalid_argument` with the rules that it breaks; never executed
   */
  encode({ input }: ClientMethod, value: unknown): Buffer {
    const own = this.#of(input);
    const given = encodeBytes(input.json, value);
    const seen = own.json.decode(given, 0, given.length);
    void own.validate(seen);
    const bytes = encodeBytes(own.json, seen);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /**
   * An answer as the caller sees it.
   * @throws {ReefError} `internal` when it is not what the contract says
   */
  decode(method: ClientMethod, bytes: Buffer): unknown {
    const { output } = method;
    if (!output) return undefined;
    const own = this.#of(output);
    try {
      const value = output.json.decode(bytes, 0, bytes.length);
      // The contracts of edges pass JSON on unread; it must be checked all the same.
      const raw = value instanceof Uint8Array;
      void own.validate(raw ? own.json.decode(bytes, 0, bytes.length) : value);
      return value;
    } catch (cause) {
      throw brokenContract(method, cause);
    }
  }

  /**
   * The data of a typed error.
   * @throws {ReefError} `invalid_argument` when it is not what the contract says
   */
  errorData(declared: Message, json: unknown): unknown {
    const own = this.#of(declared);
    const bytes = Buffer.from(JSON.stringify(json ?? {}));
    const data = own.json.decode(bytes, 0, bytes.length);
    void own.validate(data);
    return data;
  }

  #of(message: Message): Message {
    const known = this.#byShape.get(message);
    if (known) return known;
    const made = createMessage(message.shape);
    this.#byShape.set(message, made);
    return made;
  }
}

function brokenContract({ service, name }: ClientMethod, cause: unknown): ReefError {
  const { message, violations } = ReefError.from(cause);
  const [first] = violations ?? [];
  const rule = first ? `"${first.path}" ${first.message}` : message;
  return new ReefError(
    "internal",
    `Cannot read the answer of ${service}/${name}: it breaks its contract: ${rule}`,
    { cause },
  );
}
