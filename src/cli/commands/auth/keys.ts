/** `reef auth keys|rotate-keys`: what tokens of the platform are signed with, in all namespaces. */
import { AuthContract } from "../../../blocks/auth/contract.ts";
import type { KeyUse } from "../../../core/identity.ts";
import type { CommandContext } from "../../command.ts";
import { note, printJson, printTable } from "../../print.ts";

export async function keys(context: CommandContext): Promise<void> {
  const platform = await context.platform();
  await using client = platform.client(AuthContract);
  const published = await client.keys({}, { signal: context.signal });
  if (context.globals.json) return printJson(context, published);
  if (published.uses.length === 0) return note(context, "No token has been signed yet");
  const rows = published.uses.map((use) => [
    use.kid,
    words[use.state],
    day(use.sinceMs),
    use.untilMs === undefined ? "-" : day(use.untilMs),
  ]);
  await printTable(context, ["KEY", "STATE", "SIGNS SINCE", "UNTIL"], rows);
}

export async function rotateKeys(context: CommandContext): Promise<void> {
  const platform = await context.platform();
  await using client = platform.client(AuthContract);
  await client.rotateKeys({}, { signal: context.signal });
  if (context.globals.json) return printJson(context, { rotated: true });
  await context.stdout.write("A new key signs soon; tokens stay good until they expire\n");
}

const words: { readonly [state in KeyUse["state"]]: string } = {
  next: "published, signs next",
  signs: "signs",
  retired: "published for old tokens",
  foreign: "of another platform",
};

function day(ms: number): string {
  return new Date(ms).toISOString();
}
