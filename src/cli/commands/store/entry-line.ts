/** One line of what `reef store export` wrote, or a person: the entry that it says, or what is wrong with it. */
import { parseOperations } from "../../../blocks/store/contract.ts";
import { ReefError } from "../../../core/errors.ts";
import { didYouMean } from "../../../core/suggest.ts";

/** An entry that wants to be in a table. */
export interface LineEntry {
  readonly table: string;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly ttlMs?: number;
}

const fields = ["table", "key", "keyBase64", "value", "valueBase64", "ttlMs"];

/**
 * The entry of a line; `into` is the table of all lines, where one was named.
 * @throws {ReefError} `invalid_argument`; its text is what was expected, for a sentence that names the line
 */
export function parseEntryLine(line: string, into: string | undefined): LineEntry {
  const given = objectOf(line);
  const stranger = Object.keys(given).find((name) => !fields.includes(name));
  if (stranger !== undefined) {
    throw broken(`it has no field ${JSON.stringify(stranger)}${didYouMean(stranger, fields)}`);
  }
  const table = into ?? given["table"];
  if (typeof table !== "string") {
    throw broken(`field "table" must be text, unless a table is named: reef store import TABLE`);
  }
  const { ttlMs } = given;
  if (ttlMs !== undefined && typeof ttlMs !== "number") {
    throw broken(`field "ttlMs" must be a number of milliseconds`);
  }
  const key = bytesOf(given, "key");
  const value = bytesOf(given, "value");
  const entry = { table, key, value, ...(ttlMs !== undefined && { ttlMs }) };
  refuseBeyondLimits(entry);
  return entry;
}

type Fields = { readonly [name: string]: unknown };

function objectOf(line: string): Fields {
  let given: unknown;
  try {
    given = JSON.parse(line);
  } catch (cause) {
    const { message } = ReefError.from(cause);
    throw broken(`it is not JSON, ${message}`, cause);
  }
  // An object that JSON.parse made has its own fields only.
  if (typeof given === "object" && given !== null && !Array.isArray(given)) return given as Fields;
  throw broken("it must be a JSON object");
}

/** From `key` or `keyBase64`, of which there must be one. */
function bytesOf(given: Fields, name: "key" | "value"): Uint8Array {
  const text = given[name];
  const base64 = given[`${name}Base64`];
  if ((text === undefined) === (base64 === undefined)) {
    throw broken(`it must have "${name}" (text) or "${name}Base64" (bytes), and not both`);
  }
  if (typeof text === "string") {
    // Encoders replace it: another key would be written than the line says.
    if (text.isWellFormed()) return Buffer.from(text);
    throw broken(`field "${name}" has half a surrogate pair; give "${name}Base64"`);
  }
  if (typeof base64 === "string") {
    const bytes = Buffer.from(base64, "base64");
    // Buffer leaves out what it does not understand.
    if (bytes.toString("base64") === base64) return bytes;
    throw broken(`field "${name}Base64" must be base64 with its padding`);
  }
  throw broken(`field "${text === undefined ? `${name}Base64` : name}" must be text`);
}

/** By the store's own rules, before it is in a batch with others, where they would fail with it. */
function refuseBeyondLimits({ table, key, value, ttlMs }: LineEntry): void {
  try {
    parseOperations(table, [{ kind: "put", key, value, ttlMs }]);
  } catch (thrown) {
    const { violations = [], message } = ReefError.from(thrown);
    const rules = violations.map(({ path, message: rule }) => {
      return `field "${path.split(/[./]/).at(-1)}" ${rule}`;
    });
    throw broken(rules.length > 0 ? rules.join("; ") : message, thrown);
  }
}

function broken(rule: string, cause?: unknown): ReefError {
  return new ReefError("invalid_argument", rule, { cause, maybeExecuted: false });
}
