/** `reef auth recover`: for whoever has lost the owner's secret, and may write what only the owner may. */
import { stateFolder } from "../../../framework/state-folder.ts";
import { backendOf } from "../../backend-option.ts";
import type { CommandContext } from "../../command.ts";
import { usageError } from "../../failure.ts";
import { note, printJson } from "../../print.ts";
import { tryNext } from "./action.ts";

export async function recover(context: CommandContext): Promise<void> {
  const there = context.environment();
  if (there) {
    const rule = "it works by the state folder, which only its own machine has";
    throw usageError(`Cannot recover the owner of ${there.name}: ${rule}`, { tryNext });
  }
  const { recoverOwner } = await import("../../../server/recover-owner.ts");
  const state = stateFolder(context.globals.state);
  const backend = backendOf(context, undefined);
  const done = await recoverOwner({ state, backend, signal: context.signal });
  if (context.globals.json) return printJson(context, done);
  const lines = done.did.map((sentence) => `${sentence}\n`);
  await context.stdout.write(`${lines.join("")}The secret is in ${done.file}\n`);
  await note(
    context,
    done.running
      ? "The platform goes on; commands on this machine need no secret."
      : 'The platform does not run; "reef server" starts it.',
  );
}
