/** What a program writes that brings no logger: lines for people on a terminal, JSON elsewhere, from `LOG_LEVEL` up. */
import { createLogger, logLevelOf, type Logger } from "../core/log.ts";

export function defaultLog(): Logger {
  return createLogger({ plain: process.stdout.isTTY === true, level: logLevelOf(process.env) });
}
