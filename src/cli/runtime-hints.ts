/** Adds the command to type next to what the runtime refuses. */
import { ReefError } from "../core/errors.ts";
import { failure } from "./failure.ts";

/**
 * The result of a call to the runtime, whose typed errors get a hint.
 * @throws {ReefError} the same text and code, with the runtime's own error as the cause
 */
export async function withRuntimeHints<T>(
  call: Promise<T>,
  service: { readonly name?: string | undefined },
): Promise<T> {
  try {
    return await call;
  } catch (thrown) {
    const error = ReefError.from(thrown);
    const tryNext = commonJsHint(error) ?? hint(error.reason, service.name ?? nameOf(error.data));
    if (tryNext === undefined) throw thrown;
    throw failure(error.code, error.message, { tryNext, cause: error });
  }
}

function hint(reason: string | undefined, name: string | undefined): string | undefined {
  if (reason === "already_running") return name === undefined ? "reef list" : `reef update ${name}`;
  if (reason === "crashed" || reason === "not_ready") return `reef logs ${name ?? ""}`.trimEnd();
  if (reason === "not_running") return "reef list";
  if (reason === "no_program") return "reef run --help";
  return undefined;
}

/** What a first service in a folder made by `npm init -y` runs into: modules that Node takes for CommonJS. */
function commonJsHint({ reason, message }: ReefError): string | undefined {
  const isCommonJs = /Cannot use import statement outside a module|Unexpected token 'export'/;
  return reason === "crashed" && isCommonJs.test(message) ? "npm pkg set type=module" : undefined;
}

/** The runtime's typed errors say which service they are about, where they know it. */
function nameOf(data: unknown): string | undefined {
  if (typeof data !== "object" || data === null || !("name" in data)) return undefined;
  return typeof data.name === "string" ? data.name : undefined;
}
