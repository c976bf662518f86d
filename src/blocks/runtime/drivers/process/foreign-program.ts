/** A program of any language: it does not know reef, and is called over HTTP. */
import { ReefError } from "../../../../core/errors.ts";
import type { RunSpec } from "../../index.ts";
import type { Program, ProgramSurroundings } from "./program.ts";

export async function foreignProgram(
  spec: RunSpec,
  _around: ProgramSurroundings,
): Promise<Program> {
  throw new ReefError(
    "unimplemented",
    `Cannot run ${spec.command?.join(" ")}: this runtime runs programs for Node only`,
    { maybeExecuted: false },
  );
}
