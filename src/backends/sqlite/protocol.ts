/** What the main thread and the writer's thread say to each other. Copied by structured clone: plain data only. */
import type { ErrorData } from "../../core/errors.ts";
import type { FlatInput, PackedOutputs, PackedUnits } from "./pack-units.ts";

/** What the writer's thread is started with. */
export interface WriterSetup {
  readonly path: string;
  readonly schema: readonly (readonly string[])[];
  readonly unitsUrl: string;
}

export interface UnitRequest {
  readonly name: string;
  readonly input: FlatInput;
}

export type WriterRequest =
  | { readonly kind: "units"; readonly units: PackedUnits }
  | { readonly kind: "restore"; readonly from: string }
  | { readonly kind: "close" };

/** An error with its cause, which has the stack. */
export interface ShippedError extends ErrorData {
  readonly cause: unknown;
}

export type WriterReply =
  | { readonly kind: "ready" }
  | {
      readonly kind: "committed";
      /** One for each unit, in their order; undefined for those that failed. */
      readonly outputs: PackedOutputs;
      readonly failures: readonly { readonly index: number; readonly error: ShippedError }[];
    }
  | { readonly kind: "restored" }
  | FailedReply;

/** The whole request failed; `damaged` when the file may not be used any more. */
export interface FailedReply {
  readonly kind: "failed";
  readonly error: ShippedError;
  readonly damaged: boolean;
}
