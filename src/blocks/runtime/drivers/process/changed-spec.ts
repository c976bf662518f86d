/** What a service is run with, and what an update makes of it. */
import { isDeepStrictEqual } from "node:util";
import { parseRunSpec, type ParsedSpec } from "../../contract.ts";
import { type RunSpec, type ServiceChanges, specBytesMax } from "../../index.ts";
import { checkEnvironment } from "./environment.ts";
import { specTooLong } from "./refusals.ts";

/** @throws {ReefError} `invalid_argument` */
export function checkedSpec(given: RunSpec): ParsedSpec {
  const spec = parseRunSpec(given);
  checkEnvironment(spec.env);
  const bytes = Buffer.byteLength(JSON.stringify(spec));
  if (bytes > specBytesMax) throw specTooLong(spec.name ?? spec.source ?? "", bytes);
  return spec;
}

/** A program of another kind brings everything that belongs to it; variables are added to those that are there. */
export function changedSpec(spec: ParsedSpec, changes: ServiceChanges): RunSpec {
  const { env = {}, ...rest } = changes;
  const { name, args, lasts } = spec;
  const isOther = rest.source !== undefined || rest.command !== undefined;
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  return {
    ...(isOther ? { name, args, lasts } : spec),
    ...Object.fromEntries(given),
    env: { ...spec.env, ...env },
  };
}

/** Whether it would be started in the same way; how long it is desired is another matter. */
export function isSameSpec(one: ParsedSpec, other: ParsedSpec): boolean {
  const started = ({ name: _name, lasts: _lasts, ...rest }: ParsedSpec) =>
    JSON.parse(JSON.stringify(rest)) as unknown;
  return isDeepStrictEqual(started(one), started(other));
}
