/** `reef contract check`: what a new contract changes, whom that breaks, and which version it needs. */
import {
  changeText,
  type Change,
  type Format,
  formats,
  isBreaking,
  verdictOf,
} from "../../../contract/compatibility/change.ts";
import {
  judgeVersion,
  type Judgement,
  nextMajor,
} from "../../../contract/compatibility/judge-version.ts";
import type { ContractDescriptor } from "../../../contract/descriptor.ts";
import { majorOf, parseVersion } from "../../../contract/version.ts";
import type { CommandContext } from "../../command.ts";
import { failure, type ExitCode } from "../../failure.ts";
import { presentService } from "../../find-service.ts";
import { contractOfFile, namedContract } from "../../named-contract.ts";
import { note, printJson, printTable } from "../../print.ts";
import { painter } from "../../terminal.ts";
import type { Words } from "./action.ts";

export async function check(context: CommandContext, words: Words): Promise<ExitCode> {
  const { older, newer } = await pairOf(context, words);
  const judgement = judgeVersion(older, newer);
  if (context.globals.json) await printJson(context, reportOf(older, newer, judgement));
  else await print(context, { older, newer, judgement });
  return judgement.allowed ? 0 : 1;
}

interface Pair {
  readonly older: ContractDescriptor;
  readonly newer: ContractDescriptor;
}

/** Two that are named, or one and what runs under its name. */
async function pairOf(context: CommandContext, { target, other }: Words): Promise<Pair> {
  if (other !== undefined) {
    return {
      older: await namedContract(context, target),
      newer: await namedContract(context, other),
    };
  }
  const newer = await contractOfFile(context, target);
  const { name, version } = newer;
  const beside =
    (await presentService(context, name, `${majorOf(version)}.x`)) ??
    (await presentService(context, name));
  if (beside) return { older: beside.descriptor, newer };
  const rule = `no node of "${name}" runs in namespace "${context.namespace}"`;
  throw failure("not_found", `Cannot check ${target}: ${rule} that it could be held against`, {
    tryNext: `reef contract check OLD ${target}`,
  });
}

function reportOf(older: ContractDescriptor, newer: ContractDescriptor, judgement: Judgement) {
  const { changes, line, allowed } = judgement;
  return {
    name: newer.name,
    from: older.version,
    to: newer.version,
    verdict: verdictOf(changes),
    line,
    allowed,
    ...(!allowed && { needs: nextMajor(older.version) }),
    changes: changes.map((change) => ({ ...change, breaking: isBreaking(change) })),
  };
}

async function print(
  context: CommandContext,
  { older, newer, judgement }: Pair & { readonly judgement: Judgement },
): Promise<void> {
  const { changes } = judgement;
  const rows = changes.map((change) => {
    const breaking = isBreaking(change);
    const paint = painter(context.stdout, breaking ? "bad" : "good");
    const verdict = { text: breaking ? "breaking" : "additive", paint };
    return [verdict, brokenIn(change).join(", ") || "-", changeText(change)];
  });
  if (rows.length > 0) await printTable(context, ["VERDICT", "BREAKS", "CHANGE"], rows);
  await note(
    context,
    `${older.name} ${older.version} to ${newer.version}: ${advice(older, newer, judgement)}`,
  );
}

/** The formats in which older callers are broken. */
function brokenIn(change: Change): readonly Format[] {
  return formats.filter((format) => change[format].olderCaller === "breaking");
}

function advice(
  older: ContractDescriptor,
  newer: ContractDescriptor,
  { changes, breaking, line }: Judgement,
): string {
  const verdict = verdictOf(changes);
  if (verdict === "same") return "the same promise";
  if (verdict === "additive") {
    const isNamed = older.version !== newer.version || line !== "same-line";
    const hint = isNamed
      ? ""
      : `; as ${nextMinor(older.version)} callers could ask for what is new`;
    return `only additions, older callers go on; update the service before callers of what is new${hint}`;
  }
  if (line === "new-line")
    return "breaking, in a major version of its own: run it beside the other";
  if (line === "unstable") return "breaking, and allowed: before 1.0.0 nothing is promised";
  const count = breaking.length === 1 ? "one change breaks" : `${breaking.length} changes break`;
  return `${count} older callers; give it version ${nextMajor(older.version)}, or only add`;
}

function nextMinor(version: string): string {
  const { major, minor } = parseVersion(version);
  return `${major}.${minor + 1}.0`;
}
