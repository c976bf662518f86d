/** What the actions of `reef contract` are to it. */
import type { CommandContext } from "../../command.ts";
import type { ExitCode } from "../../failure.ts";

export interface Action {
  /** Those flags of the command that it knows. */
  readonly flags: readonly string[];
  run(context: CommandContext, words: Words): Promise<ExitCode>;
}

/** What was typed behind `reef contract ACTION`. */
export interface Words {
  readonly target: string;
  /** The second of two contracts. */
  readonly other: string | undefined;
  readonly check: boolean;
  readonly format: string | undefined;
}

/** The help that a wrong line of this command points to. */
export const tryNext = "reef contract --help";
