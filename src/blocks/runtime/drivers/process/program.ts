/** What can be started, whatever language it is written in: the one thing that the rest of this driver knows of it. */
import type { Logger } from "../../../../core/log.ts";
import { ReefError } from "../../../../core/errors.ts";
import type { Registry } from "../../../registry/index.ts";
import type { RunSpec } from "../../index.ts";
import { findSource } from "./source-program.ts";

/** Found anew before each start: what stands at its path may be another one by then. */
export interface Program {
  /** The name that it has when nobody gives it one. */
  readonly name: string;
  /** What people are shown: its file, or the command as it was typed. */
  readonly source: string;
  readonly command: string;
  /** Before those of `RunSpec.args`. */
  readonly args: readonly string[];
  /** Where it is started. */
  readonly folder: string;
  /** What only this start of it has, such as a port of its own; kept with the process, also over adoption. */
  prepare?(): Promise<Variables>;
  /** Stands beside one process of it, be it just started or adopted. Absent: the process registers itself. */
  attend?(process: AttendedProcess): Promise<void>;
}

export type Variables = { readonly [name: string]: string };

/** A process that somebody stands beside. */
export interface AttendedProcess {
  readonly namespace: string;
  /** Of the service in this runtime. */
  readonly name: string;
  /** To be `metadata.instance` of the nodes that are registered for it: a ready one is what makes the service ready. */
  readonly instance: string;
  readonly pid: number;
  /** What `prepare` gave for this start. */
  readonly variables: Variables;
  /**
   * Fires when the process is about to be told to end, or has ended. It is told once `attend` has settled: when no more
   * calls are sent to it and those under way have their answers; but not later than `attendLeaveMs`.
   */
  readonly leaving: AbortSignal;
  /** For a program that needs no node to be ready. */
  ready(): void;
}

/** What a program is found with. */
export interface ProgramSurroundings {
  readonly registry: Registry;
  readonly log: Logger;
}

/** @throws {ReefError} `not_found` (`no_program`) or `invalid_argument` */
export async function findProgram(spec: RunSpec, around: ProgramSurroundings): Promise<Program> {
  const { source, command } = spec;
  if (source !== undefined && command === undefined) return await findSource(source);
  if (command !== undefined && source === undefined) {
    const { foreignProgram } = await import("./foreign-program.ts");
    return await foreignProgram(spec, around);
  }
  throw new ReefError(
    "invalid_argument",
    "Cannot run a service: it is either the path of a program (source) or a command, not both; leave one out",
    { maybeExecuted: false },
  );
}
