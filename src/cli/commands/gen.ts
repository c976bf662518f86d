import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import type { ContractDescriptor } from "../../contract/descriptor.ts";
import { openApiOf } from "../../contract/openapi/openapi.ts";
import { fileDescriptorsOf } from "../../contract/proto/file-descriptors-of.ts";
import { printProto } from "../../contract/proto/print/print-proto.ts";
import { wellKnownPaths, wellKnownProto } from "../../contract/proto/well-known-protos.ts";
import { clientContract } from "../../contract/typescript/client-contract.ts";
import { serverSkeleton } from "../../contract/typescript/server-skeleton.ts";
import { didYouMean } from "../../core/suggest.ts";
import { ReefError } from "../../core/errors.ts";
import { command } from "../command.ts";
import type { CommandContext } from "../command.ts";
import { failure, usageError } from "../failure.ts";
import { namedContract } from "../named-contract.ts";
import { note, printJson } from "../print.ts";
import { shellWord } from "../shell-word.ts";

const tryNext = "reef gen --help";

export const gen = command({
  name: "gen",
  here: true,
  summary: "Write code for callers of a service, or a first server, from its contract",
  about: `TARGET is a .proto file, a module or JSON with a contract, or a service that runs. --lang says what is written:

  ts       NAME.contract.ts: the types of all messages and the contract, for client() and service()
  proto    NAME.proto with all that it imports, from which protoc and buf make clients and servers in any language
  openapi  NAME.openapi.json

With --server, ts also writes NAME.ts: a service that compiles and runs, and answers "unimplemented" until you write its
methods; it is never written over. Imports of a .proto are looked up in its folder, the folders above it that --import
names, and what comes with reef (google/protobuf, google/api, google/rpc).`,
  examples: [
    ["reef gen greeter.proto --out src", "types and contract from a .proto"],
    ["reef gen greeter.proto --out src --server", "and a first server"],
    ["reef gen greeter --lang proto --out protos", "the .proto of a service that runs"],
    ["reef gen protos/a/v1/a.proto --import protos#a.v1.Greeter", "one of several services"],
  ],
  positionals: {
    target: {
      description: "FILE.proto, FILE.ts#Name, or a service; FILE.proto#pkg.Service picks one",
      complete: "files",
    },
  },
  options: {
    out: {
      type: "text",
      placeholder: "DIR",
      description: "The folder to write into (default .)",
      complete: "folders",
    },
    lang: {
      type: "text",
      placeholder: "LANG",
      default: "ts",
      complete: ["ts", "proto", "openapi"],
      description: "ts, proto or openapi",
    },
    import: {
      type: "text",
      placeholder: "DIR",
      list: true,
      description: "A folder that imports of a .proto start at",
      complete: "folders",
    },
    server: { type: "flag", description: "ts: also a server whose methods are to be written" },
  },
  async run(context, given) {
    const { target, lang, server } = given;
    if (!Object.hasOwn(languages, lang)) {
      const names = Object.keys(languages);
      throw usageError(
        `Unknown language "${lang}"${didYouMean(lang, names)}: choose one of ${names.join(", ")}`,
        { tryNext },
      );
    }
    if (server && lang !== "ts") {
      throw usageError(`Flag --server is for --lang ts, not for ${lang}`, { tryNext });
    }
    const descriptor = await namedContract(context, target, { importFolders: given.import });
    // It was looked up among their names.
    const make = languages[lang as keyof typeof languages];
    const folder = resolve(context.folder, given.out ?? ".");
    const made = make(descriptor, `reef gen ${shellWord(target)}`);
    const written = await writeAll(folder, made);
    const once =
      lang === "proto" ? importedFiles(descriptor) : server ? firstServer(descriptor) : {};
    const left = await writeOnce(folder, once, written);
    await print(context, { name: descriptor.name, written, left });
    return 0;
  },
});

type Files = { readonly [path: string]: string };

const languages = {
  ts: (descriptor, command): Files => ({
    [`${descriptor.name}.contract.ts`]: clientContract(descriptor, command),
  }),
  proto: (descriptor): Files => {
    const files = fileDescriptorsOf(descriptor).filter(
      ({ name }) => !wellKnownPaths.includes(name),
    );
    return Object.fromEntries(files.map((file) => [file.name, printProto(file, files)]));
  },
  openapi: (descriptor): Files => ({
    [`${descriptor.name}.openapi.json`]: `${JSON.stringify(openApiOf([descriptor]), null, 2)}\n`,
  }),
} as const satisfies {
  readonly [name: string]: (descriptor: ContractDescriptor, command: string) => Files;
};

async function writeAll(folder: string, files: Files): Promise<string[]> {
  const paths = Object.keys(files).map((path) => join(folder, path));
  for (const [path, text] of Object.entries(files)) await write(join(folder, path), text);
  return paths;
}

/** Without these nobody can read the others. */
function importedFiles(descriptor: ContractDescriptor): Files {
  return Object.fromEntries(
    fileDescriptorsOf(descriptor).flatMap(({ name }) => {
      const text = wellKnownProto(name);
      return text === undefined ? [] : [[name, text]];
    }),
  );
}

function firstServer(descriptor: ContractDescriptor): Files {
  return { [`${descriptor.name}.ts`]: serverSkeleton(descriptor) };
}

/** What is there and says something else may be somebody's work; answers which these are. */
async function writeOnce(folder: string, files: Files, written: string[]): Promise<string[]> {
  const left: string[] = [];
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    const there = await readFile(path, "utf8").catch(() => undefined);
    if (there !== undefined && there !== text) left.push(path);
    if (there !== undefined) continue;
    await write(path, text);
    written.push(path);
  }
  return left;
}

async function write(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  } catch (cause) {
    const { message } = ReefError.from(cause);
    throw failure("failed_precondition", `Cannot write ${path}: ${message}`, { cause });
  }
}

async function print(
  context: CommandContext,
  { name, written, left }: { name: string; written: readonly string[]; left: readonly string[] },
): Promise<void> {
  if (context.globals.json) return await printJson(context, { name, written, leftAlone: left });
  const shown = (path: string) => relative(context.folder, path);
  await context.stdout.write(written.map((path) => `${shown(path)}\n`).join(""));
  if (left.length > 0) await note(context, `Left as it is: ${left.map(shown).join(", ")}`);
}
