/** Words that this house does not use, each with what to write instead. */
import { isTest, lineAt, type Problem, type Source } from "./source.ts";

interface Ban {
  readonly pattern: RegExp;
  /** Which of the texts of a file the pattern is for. @default "code" */
  readonly reads?: "code" | "text" | "uncommented";
  /** Only these files. @default every TypeScript file */
  readonly where?: (path: string) => boolean;
  readonly instead: string;
}

/** Whose job it is to end the process, also when something still keeps it alive. */
const endsProcesses = ["src/cli/main.ts", "src/framework/stop-on-signals.ts"];

const bans: readonly Ban[] = [
  {
    pattern:
      /\b(?:class|interface|function|type|const|let)\s+\w*(?:Manager|Impl|Helpers?|Utils?)\b/g,
    instead:
      "say what it does: a registry, a pool, a queue; a second implementation is named after its way (MemoryStore)",
  },
  {
    pattern: /\binterface\s+I(?!P)[A-Z][a-z]\w*/g,
    instead: "leave the I out; the interface has the good name",
  },
  {
    pattern: /^\s*(?:export\s+)?(?:declare\s+)?(?:const\s+)?enum\s+\w+/gm,
    instead: "a union of string literals",
  },
  {
    pattern: /^\s*(?:export\s+)?(?:declare\s+)?namespace\s+\w+/gm,
    instead: "a module; Node refuses the syntax",
  },
  {
    pattern: /^\s*(?:private|protected)\s+(?!constructor\b)/gm,
    instead: "#name, which is private at run time too",
  },
  {
    pattern: /^\s*export default\s/gm,
    where: (path) => path.startsWith("src/"),
    instead: "a named export, found by its name",
  },
  {
    pattern: /^\s*export \*/gm,
    where: (path) => path.startsWith("src/"),
    instead: "name what is exported; index.ts is read as a list",
  },
  {
    pattern: /\b(?:TODO|FIXME|XXX)\b/g,
    reads: "text",
    instead: "do it, or open an issue that says why it waits",
  },
  {
    pattern: /@ts-(?:ignore|nocheck)\b/g,
    reads: "text",
    instead: "@ts-expect-error with the reason, where a test means to be wrong",
  },
  {
    pattern: /\bthrow new Error\(/g,
    where: inProduct,
    instead: "ReefError with a code; an assert when it can only be our own bug",
  },
  {
    pattern: /\bconsole\.\w+\(/g,
    where: inProduct,
    instead: "an event, or call.log; only the CLI writes to the terminal, through its Terminal",
  },
  {
    pattern: /\b(?:Date\.now|Math\.random)\(/g,
    where: inProduct,
    instead: "a Clock, or a random function, as an argument",
  },
  {
    pattern: /\bprocess\.exit\(/g,
    where: (path) => path.startsWith("src/") && !endsProcesses.includes(path),
    instead: "process.exitCode, so that what is being written still is; or give the result back",
  },
  {
    pattern: /\b(?:test|it|describe|suite)\.(?:only|skip|todo)\(/g,
    instead: "run it; where the machine lacks something, t.skip(reason)",
  },
  {
    pattern: /\bskip:\s*true\b|\.skip\(\s*\)/g,
    where: isTest,
    instead: "a skip with a reason, which the run then shows",
  },
  {
    pattern:
      /\bsetTimeout\(\s*(?:resolve|done|r|res|ok|wake)\s*,|\bsetTimeout\b[^;]*timers\/promises"/g,
    reads: "uncommented",
    where: (path) => path.startsWith("src/") && (isTest(path) || path.includes("conformance")),
    instead:
      "wait for the event, or move a ManualClock; a sleep is too short on one machine and too long on all others",
  },
];

/** `core` is where time, chance and log lines come from; everybody else is given them. */
function inProduct(path: string): boolean {
  return /^src\/(?!core\/)/.test(path) && !isTest(path) && !path.includes("conformance");
}

export function banProblems(sources: readonly Source[]): Problem[] {
  return sources
    .filter(({ path }) => path.endsWith(".ts") && !path.startsWith("tools/tidy/"))
    .flatMap((file) =>
      bans
        .filter(({ where }) => where === undefined || where(file.path))
        .flatMap(({ pattern, reads = "code", instead }) =>
          [...file[reads].matchAll(pattern)].map(({ 0: found, index }) => ({
            path: file.path,
            line: lineAt(file.text, index + found.search(/\S/)),
            text: `"${found.trim()}": write ${instead}`,
          })),
        ),
    );
}
