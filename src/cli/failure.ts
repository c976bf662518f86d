/**
 * How a command says that it failed. Everything is a `ReefError`; what the command line adds travels in `data`: whether
 * the person typed something wrong (exit code 2), and the command to try next.
 */
import { ReefError } from "../core/errors.ts";
import type { Code } from "../core/errors.ts";

/** 0 done, 1 failed, 2 typed wrong, 129 hung up, 130 interrupted, 143 told to end. */
export type ExitCode = 0 | 1 | 2 | 129 | 130 | 143;

/** Marks errors that this folder made, so that nobody's `data` is taken for a hint. */
const domain = "cli";

/** What was typed cannot be understood: exit code 2. */
export function usageError(message: string, options: { tryNext?: string | undefined } = {}) {
  const { tryNext } = options;
  const data = { tryNext };
  return new ReefError("invalid_argument", message, { domain, reason: "usage", data });
}

/** What was typed is fine and did not work: exit code 1. */
export function failure(
  code: Code,
  message: string,
  options: { tryNext?: string | undefined; cause?: unknown } = {},
) {
  const { tryNext, cause } = options;
  return new ReefError(code, message, { domain, reason: "failure", data: { tryNext }, cause });
}

/** Why a command is cut short, as the reason of its signal: a signal of the system, or nobody reads its output. */
export function interruption(message: string, exitCode: ExitCode): ReefError {
  return new ReefError("cancelled", message, { domain, reason: "interrupted", data: { exitCode } });
}

/** The exit code of a command whose signal fired with an `interruption`, else undefined. */
export function interruptedExitCode(signal: AbortSignal): ExitCode | undefined {
  const { reason } = signal;
  if (!(reason instanceof ReefError) || reason.domain !== domain) return undefined;
  if (reason.reason !== "interrupted") return undefined;
  // Only `interruption` writes this reason.
  return (reason.data as { readonly exitCode: ExitCode }).exitCode;
}

export function isUsageError(error: ReefError): boolean {
  return error.domain === domain && error.reason === "usage";
}

/** The command that an error of this folder proposes. */
export function tryNextOf(error: ReefError): string | undefined {
  if (error.domain !== domain) return undefined;
  // Only the functions above write this domain.
  return (error.data as { readonly tryNext?: string }).tryNext;
}
