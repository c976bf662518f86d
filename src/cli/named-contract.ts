/** The contract that a person names: of a file, be it a module, JSON or `.proto`, or of a service that runs. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import type { ContractDescriptor } from "../contract/descriptor.ts";
import { compileProtos } from "../contract/proto/compile-protos.ts";
import { contractFromProto, servicesIn } from "../contract/proto/contract-from-proto.ts";
import type { CommandContext } from "./command.ts";
import { usageError } from "./failure.ts";
import { findService } from "./find-service.ts";
import { loadContract } from "./load-contract.ts";

export interface NamedContractOptions {
  /** Where imports of a `.proto` start, besides its own folder. */
  readonly importFolders?: readonly string[];
}

/**
 * A file where there is one, else a service that runs, `greeter` or `greeter@1`.
 * @throws {ReefError} as `contractOfFile` and `findService`
 */
export async function namedContract(
  context: CommandContext,
  target: string,
  { importFolders = [] }: NamedContractOptions = {},
): Promise<ContractDescriptor> {
  const [path = ""] = target.split("#", 1);
  const isService =
    /^[a-z][a-z0-9-]*(?:@.+)?$/u.test(target) && !existsSync(resolve(context.folder, path));
  if (isService) return (await findService(context, target)).descriptor;
  return await contractOfFile(context, target, { importFolders });
}

/**
 * `FILE`, or `FILE#WHICH` where there are several.
 * @throws {ReefError} as `loadContract`; `invalid_argument` with the line of a `.proto` that is wrong
 */
export async function contractOfFile(
  { folder }: CommandContext,
  target: string,
  { importFolders = [] }: NamedContractOptions = {},
): Promise<ContractDescriptor> {
  const [path = "", wanted] = target.split("#", 2);
  if (!path.endsWith(".proto")) return await loadContract(resolve(folder, target));
  const folders = importFolders.map((each) => resolve(folder, each));
  return await fromProto(resolve(folder, path), wanted, folders);
}

async function fromProto(
  path: string,
  wanted: string | undefined,
  importFolders: readonly string[],
): Promise<ContractDescriptor> {
  // A file is called by its path from where imports start, so that others that import it mean the same one.
  const root = importFolders.find((folder) => !relative(folder, path).startsWith(".."));
  const entry = relative(root ?? dirname(path), path).replaceAll("\\", "/");
  const folders = [...importFolders, dirname(path)];
  const files = await compileProtos(entry, async (name) => await readFirst(folders, name));
  const own = files.at(-1);
  const services = own ? servicesIn([own]) : [];
  const [only, ...more] = services;
  if (wanted !== undefined) return contractFromProto(files, wanted);
  if (only !== undefined && more.length === 0) return contractFromProto(files, only);
  const rule = only === undefined ? "it has no service" : `it has ${services.join(", ")}`;
  const advice = only === undefined ? "" : `; pick one as ${basename(path)}#${only}`;
  throw usageError(`Cannot take the contract from ${path}: ${rule}${advice}`);
}

async function readFirst(folders: readonly string[], name: string): Promise<string | undefined> {
  for (const folder of folders) {
    const text = await readFile(join(folder, name), "utf8").catch(() => undefined);
    if (text !== undefined) return text;
  }
  return undefined;
}
