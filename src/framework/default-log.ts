/** What a program writes that brings no logger: lines for people on a terminal, JSON elsewhere, from `LOG_LEVEL` up. */
import { createLogger, type Logger, type LogLevel } from "../core/log.ts";

const levels: readonly string[] = ["debug", "info", "warn", "error"];

export function defaultLog(): Logger {
  return createLogger({ plain: process.stdout.isTTY === true, level: logLevelOf(process.env) });
}

/** What `LOG_LEVEL` says; an unknown level is as good as none. */
export function logLevelOf(env: { readonly [name: string]: string | undefined }): LogLevel {
  const level = env["LOG_LEVEL"] ?? "info";
  // It was looked up among them.
  return levels.includes(level) ? (level as LogLevel) : "info";
}
