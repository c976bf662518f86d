/** What `reef contract lock` writes and `contract()` is given: the numbers of fields, given once and for all. */
import { ReefError } from "../../core/errors.ts";
import { isRecord } from "../shape-check.ts";
import { fieldNumberMax } from "../shape.ts";

/** The file beside a module: the numbers of each of its contracts, by the name of the service. */
export type NumbersFile = { readonly [service: string]: ContractNumbers };

export interface ContractNumbers {
  /** By the place of the message, oneof or enum; `numbered-places.ts` says how places are called. */
  readonly numbers: { readonly [path: string]: { readonly [name: string]: number } };
  /** Numbers of what is gone, which nothing gets again, with the names that they belonged to. */
  readonly reserved?: { readonly [path: string]: { readonly [number: string]: string } };
}

/** These protobuf keeps for itself. */
const ownNumbers = { first: 19_000, last: 19_999 };

/** The number after the one given that a field may have. */
export function numberAfter(number: number): number {
  const next = number + 1;
  return next >= ownNumbers.first && next <= ownNumbers.last ? ownNumbers.last + 1 : next;
}

/**
 * The numbers of one service, held against the rules of protobuf; undefined when the file has none of it.
 * @throws {ReefError} `invalid_argument` with the place and the rule
 */
export function parseNumbers(file: unknown, service: string): ContractNumbers | undefined {
  const refuse = (rule: string) => {
    const advice = "put it back as it was, from the history of the file";
    const text = `Cannot use the numbers of "${service}": ${rule}; ${advice}`;
    return new ReefError("invalid_argument", text);
  };
  if (!isRecord(file)) throw refuse("the file is not an object");
  if (!Object.hasOwn(file, service)) return undefined;
  const own = file[service];
  if (!isRecord(own) || !isRecord(own["numbers"])) throw refuse("there is no object of numbers");
  const { numbers, reserved = {} } = own;
  if (!isRecord(reserved)) throw refuse("what is reserved is not an object");
  for (const [path, given] of Object.entries(numbers)) {
    if (!isRecord(given)) throw refuse(`at ${path}: it is not an object`);
    const taken = Object.hasOwn(reserved, path) ? reserved[path] : {};
    if (!isRecord(taken)) throw refuse(`at ${path}: what is reserved is not an object`);
    const problem = numbersProblem(given, taken);
    if (problem !== undefined) throw refuse(`at ${path}: ${problem}`);
  }
  // Every property was checked above.
  return own as unknown as ContractNumbers;
}

function numbersProblem(
  given: Record<string, unknown>,
  reserved: Record<string, unknown>,
): string | undefined {
  const owners = new Map<number, string>();
  for (const [name, number] of Object.entries(given)) {
    if (!isNumber(number)) return `"${name}" has ${JSON.stringify(number)}, ${rule}`;
    const other = owners.get(number);
    if (other !== undefined) return `"${name}" and "${other}" both have ${number}`;
    if (Object.hasOwn(reserved, number)) {
      return `"${name}" has ${number}, which is reserved because "${String(reserved[number])}" had it`;
    }
    owners.set(number, name);
  }
  return undefined;
}

const { first, last } = ownNumbers;
const rule = `a number is a whole one from 1 to ${fieldNumberMax} but for ${first} to ${last}`;

function isNumber(value: unknown): value is number {
  if (!Number.isSafeInteger(value)) return false;
  // It was just seen to be a number.
  const number = value as number;
  return number >= 1 && number <= fieldNumberMax && !(number >= first && number <= last);
}
