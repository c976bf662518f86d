/** Which environment a command is about, and how it is named to the person who typed it. */
import {
  findEnvironment,
  localEnvironment,
  type NamedEnvironment,
  readEnvironments,
} from "../framework/environments/environments.ts";
import type { GlobalValues } from "./command.ts";
import { failure, usageError } from "./failure.ts";
import { ReefError } from "../core/errors.ts";

/** Undefined stands for this machine. */
export type ChosenEnvironment = NamedEnvironment | undefined;

/**
 * By `--state`, which is this machine, `--env`, `REEF_ENV`, `REEF_STATE`, which is this machine, too, or as
 * `reef env set` has it.
 * @throws {ReefError} usage; `data_loss` for settings that are damaged
 */
export function chooseEnvironment(
  env: { readonly [name: string]: string | undefined },
  { state, env: asked }: Partial<Pick<GlobalValues, "state" | "env">>,
): ChosenEnvironment {
  if (state !== undefined && asked !== undefined && asked !== localEnvironment) {
    throw usageError(`Give --state or --env, not both: --state is a platform of this machine`);
  }
  if (state !== undefined) return undefined;
  const named = asked ?? (env["REEF_ENV"] || undefined);
  if (named === localEnvironment) return undefined;
  if (named === undefined && env["REEF_STATE"]) return undefined;
  const known = readEnvironments(env);
  const name = named ?? known.current;
  if (name === localEnvironment) return undefined;
  return found(() => findEnvironment(known, name));
}

/** `staging (https://staging.example:8081)`. */
export function shownEnvironment({ name, url, insecure }: NamedEnvironment): string {
  return `${name} (${url}${insecure ? ", not encrypted" : ""})`;
}

function found(find: () => NamedEnvironment): NamedEnvironment {
  try {
    return find();
  } catch (thrown) {
    const { code, message } = ReefError.from(thrown);
    throw failure(code, message, { tryNext: "reef env list", cause: thrown });
  }
}
