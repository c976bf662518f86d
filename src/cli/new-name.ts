/** The name of a new service, and what it is called in files and in code. */
import { serviceNameProblem } from "../contract/names.ts";
import { isReservedName } from "../contract/reserved-names.ts";
import { commands } from "./commands/index.ts";
import { usageError } from "./failure.ts";

/** One name in the spellings of a program. */
export interface NewName {
  /** `trip-planner`: the service, and its files. */
  readonly name: string;
  /** `TripPlanner`: the contract. */
  readonly type: string;
  /** `tripPlanner`: the service as a value. */
  readonly value: string;
}

/** @throws {ReefError} usage, with a name that would do */
export function parseNewName(name: string): NewName {
  const problem = serviceNameProblem(name) ?? takenProblem(name);
  if (problem === undefined) return spellings(name);
  const better = suggestion(name);
  const hint = better === undefined ? "" : `; how about "${better}"?`;
  throw usageError(`Cannot make a service ${JSON.stringify(name)}: ${problem}${hint}`, {
    tryNext: better === undefined ? "reef new --help" : `reef new ${better}`,
  });
}

function spellings(name: string): NewName {
  const type = name.replace(/(?:^|-+)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return { name, type, value: type.charAt(0).toLowerCase() + type.slice(1) };
}

/** The rule that a well-formed name breaks. */
function takenProblem(name: string): string | undefined {
  if (name === "help" || name in commands)
    return `"reef ${name}" is a command, so it could not be called`;
  if (isReservedName(name)) return "the platform has a service of its own with this name";
  if (words.has(spellings(name).value)) return "this is a word of the code that it would be in";
  if (!/^test-|-test$/.test(name)) return undefined;
  return `"node --test" would take ${name}.ts for a test and wait for it to end`;
}

/** `My Orders.ts` was meant to be `my-orders`. */
function suggestion(name: string): string | undefined {
  const base = name.replace(/^.*[/\\](?=.)|\.[jt]s$/g, "");
  const plain = base
    .normalize("NFKD")
    .replace(/(?<=[a-z0-9])(?=[A-Z])/g, "-")
    .toLowerCase()
    .replace(/\p{Mn}/gu, "")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+|-+$/g, "")
    .slice(0, 50)
    .replace(/^test-|-test$/g, "")
    .replace(/-+$/, "");
  const candidates = [plain, `${plain}-service`];
  return candidates.find((each) => {
    return serviceNameProblem(each) === undefined && takenProblem(each) === undefined;
  });
}

/** What the template imports, and what JavaScript and TypeScript do not let a constant be called. */
const words: ReadonlySet<string> = new Set(
  `assert client contract isError method serve service sleep stream t test
   arguments await break case catch class const continue debugger default delete do else enum eval export extends
   false finally for function globalThis if implements import in instanceof interface let new null package private
   protected public return static super switch this throw true try typeof undefined var void while with yield`.split(
    /\s+/,
  ),
);
