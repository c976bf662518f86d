/** What a program writes that brings no logger: lines for people on a terminal, JSON elsewhere, from `LOG_LEVEL` up. */
import { createLogger, type Logger, type LogLevel } from "../core/log.ts";

const levels: readonly string[] = ["debug", "info", "warn", "error"];

export function defaultLog(): Logger {
  const level = process.env["LOG_LEVEL"] ?? "info";
  return createLogger({
    plain: process.stdout.isTTY === true,
    // An unknown level is as good as none.
    level: levels.includes(level) ? (level as LogLevel) : "info",
  });
}
