/** Registries that judge contracts otherwise, with the case that catches each. */
import { ReefError } from "../../../core/errors.ts";
import type { Mutant } from "../../../testing/mutants.ts";
import type { Node, Registry } from "../index.ts";
import type { RegistryChange } from "./test-lease-mutants.ts";

export const versionMutants: readonly Mutant<RegistryChange>[] = [
  {
    breaks: "register() takes no contract beside another of its major version",
    caught: "register() takes a contract that adds to the one of a listed node",
    change: refusing((node, other) => majorOf(node) === majorOf(other)),
  },
  {
    breaks: "register() takes whatever contract comes",
    caught:
      "register() refuses a contract that breaks the one of a listed node, says where, and lists nothing of it",
    // What has major version 0 promises nothing.
    change: (honest) => ({
      register: (node, options) => honest.register({ ...node, version: "0.0.0" }, options),
    }),
  },
  {
    breaks: "register() takes no contract beside another",
    caught:
      "register() takes any contract beside those of another service, namespace or major version",
    change: refusing(() => true, "2"),
  },
];

/** A registry that refuses a contract which another listed node does not have. */
function refusing(clash: (node: Node, other: Node) => boolean, majorMin = "0"): RegistryChange {
  return (honest: Registry) => ({
    async register(node, options) {
      const { nodes } = await honest.resolve(node);
      const others = nodes.filter((other) => other.contractDigest !== node.contractDigest);
      if (majorOf(node) >= majorMin && others.some((other) => clash(node, other))) {
        throw new ReefError("failed_precondition", "Another contract is there");
      }
      return await honest.register(node, options);
    },
  });
}

function majorOf({ version }: Node): string {
  return version.split(".")[0] ?? "";
}
