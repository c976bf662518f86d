/** One name and major version is one promise, whoever of its nodes answers. Loaded when two contracts meet. */
import { checkDescriptor } from "../../../../contract/check-descriptor.ts";
import { changeText } from "../../../../contract/compatibility/change.ts";
import { type Judgement, judgeVersion } from "../../../../contract/compatibility/judge-version.ts";
import { nextMajor } from "../../../../contract/compatibility/judge-version.ts";
import type { ContractDescriptor } from "../../../../contract/descriptor.ts";
import { compareVersions } from "../../../../contract/version.ts";
import { ReefError } from "../../../../core/errors.ts";
import type { Node } from "../../index.ts";

export interface Coming {
  readonly node: Node;
  readonly contract: ContractDescriptor;
  /** Of `othersOfMajor`. */
  readonly others: ReadonlyMap<string, Node>;
  contractOf(digest: string): ContractDescriptor | undefined;
}

/** @throws {ReefError} `failed_precondition` that names what breaks, and what to do */
export function refuseBreaking({ node, contract, others, contractOf }: Coming): void {
  for (const [digest, other] of others) {
    const promised = digest === node.contractDigest ? contract : contractOf(digest);
    if (!promised || !isReadable(promised) || !isReadable(contract)) continue;
    const judgement = judgeVersion(
      { ...promised, version: other.version },
      { ...contract, version: node.version },
    );
    if (!judgement.allowed) throw refusal(node, other, judgement);
  }
}

function isReadable(contract: ContractDescriptor): boolean {
  try {
    return checkDescriptor(contract) !== undefined;
  } catch (error) {
    if (error instanceof ReefError && error.code === "invalid_argument") return false;
    throw error;
  }
}

function refusal(node: Node, other: Node, { breaking }: Judgement): ReefError {
  const [first] = breaking;
  const more = breaking.length > 1 ? ` (and ${breaking.length - 1} more)` : "";
  const what = `${first ? changeText(first) : ""}${more}`;
  const isBack = compareVersions(node.version, other.version) < 0;
  const rule = isBack
    ? `version ${other.version}, which runs, breaks its callers`
    : `it breaks callers of version ${other.version}, which runs`;
  const way = isBack
    ? `end those of ${other.version} first`
    : `give it version ${nextMajor(node.version)}`;
  return new ReefError(
    "failed_precondition",
    `Cannot register ${node.service} ${node.version}: ${rule}: ${what}; ${way}`,
    { maybeExecuted: false },
  );
}
