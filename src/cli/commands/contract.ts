import { didYouMean } from "../../core/suggest.ts";
import { command } from "../command.ts";
import { usageError } from "../failure.ts";
import { tryNext, type Action } from "./contract/action.ts";
import { check } from "./contract/check.ts";
import { lock } from "./contract/lock.ts";
import { formatNames, show } from "./contract/show.ts";

export const contract = command({
  name: "contract",
  here: true,
  summary: "Number, check and show contracts: field numbers, what a change breaks, .proto",
  about: `ACTION is lock, check or show.

lock writes the numbers by which protobuf and gRPC know fields, into a file beside the module, and says which line takes
it in. A field keeps its number for good: what is new gets the next one, and the number of what is gone is reserved. So
run it whenever a contract has grown, and commit the file. With --check nothing is written; the exit code is 1 when it
would be, for CI.

check compares two contracts, or one with the service that runs under its name, and says of each change whether older
callers go on (additive) or not (breaking), in JSON and in protobuf. The exit code is 1 when a change breaks and the
version does not say so: additions need nothing, what breaks needs a new major version, and before 1.0.0 everything may
change. A platform refuses the same when such a service is started.

show prints the contract of a service that runs, or of a file, as others write theirs: proto (for gRPC in any language),
jsonschema (input, output and errors of each method), openapi, or ts (what \`reef gen\` writes).

For check and show a contract is a module, module#Export, FILE.proto, FILE.proto#pkg.Service, JSON as
\`reef describe NAME --json\` prints it, or the name of a service that runs, greeter or greeter@1.`,
  examples: [
    ["reef contract lock greeter.ts", "writes greeter.numbers.json"],
    ["reef contract lock greeter.ts --check", "fails when a number is missing"],
    ["reef contract check greeter.ts", "against the greeter that runs"],
    ["reef contract check released.json greeter.ts#Greeter", "the older one first"],
    ["reef contract check released/greeter.proto greeter.proto", "of .proto files, too"],
    ["reef contract show greeter", "as .proto, of the service that runs"],
    ["reef contract show contracts.ts#Trip --format openapi", "of one contract in a file"],
  ],
  positionals: {
    action: { description: "lock, check or show", complete: ["lock", "check", "show"] },
    target: {
      description:
        "The module with the contracts; for check the older one of two; for show also a service",
      complete: ([action]) => (action === "show" ? "services" : "files"),
    },
    other: { description: "check: the newer one", complete: "files", optional: true },
  },
  options: {
    check: { type: "flag", description: "lock: write nothing, fail when something would be" },
    format: {
      type: "text",
      placeholder: "FORMAT",
      complete: formatNames,
      description: `show: ${formatNames.join(", ")} (default proto)`,
    },
  },
  async run(context, given) {
    const action = actionOf(given.action);
    refuseFlags(action, given);
    if (given.other !== undefined && action !== "check") {
      throw usageError(`Unexpected word ${JSON.stringify(given.other)} after ${action}`, {
        tryNext,
      });
    }
    return await actions[action].run(context, given);
  },
});

const actions = {
  lock: { flags: ["check"], run: lock },
  check: { flags: [], run: check },
  show: { flags: ["format"], run: show },
} as const satisfies { readonly [name: string]: Action };

function actionOf(word: string): keyof typeof actions {
  // It was looked up among their names.
  if (Object.hasOwn(actions, word)) return word as keyof typeof actions;
  const hint = didYouMean(word, Object.keys(actions));
  throw usageError(`Unknown action ${JSON.stringify(word)}${hint}`, { tryNext });
}

/** A flag that does nothing hides a slip. */
function refuseFlags(action: keyof typeof actions, given: { readonly [name: string]: unknown }) {
  for (const flag of Object.keys(contract.options)) {
    // A flag without a value is false where it is not given.
    if (given[flag] === undefined || given[flag] === false) continue;
    const takers = Object.entries(actions).filter(([, { flags }]) => flags.some((f) => f === flag));
    const names = takers.map(([name]) => name);
    if (names.some((name) => name === action)) continue;
    throw usageError(`Flag --${flag} is for ${names.join(" and ")}, not for ${action}`, {
      tryNext,
    });
  }
}
