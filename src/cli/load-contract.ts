/** The contract of a program that does not know reef: JSON, or what a module exports. */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";

import { checkDescriptor } from "../contract/check-descriptor.ts";
import type { ContractDescriptor } from "../contract/descriptor.ts";
import { ReefError } from "../core/errors.ts";
import { failure, usageError } from "./failure.ts";

const moduleEnding = /\.[cm]?[jt]s$/;

/**
 * Reads `pricing.json`, as `reef describe pricing --json` prints it, or `contracts.ts`, where `contracts.ts#Pricing`
 * picks one of several.
 * @throws {ReefError} `not_found` for no file; a usage error for a file without one contract; `invalid_argument` for a
 *   contract that is none
 */
export async function loadContract(reference: string): Promise<ContractDescriptor> {
  const [path = "", wanted] = reference.split("#", 2);
  if (moduleEnding.test(path)) return await fromModule(path, wanted);
  if (wanted !== undefined) throw usageError(`Cannot pick #${wanted}: ${path} is not a module`);
  return checkDescriptor(parseJson(path, await readText(path)));
}

async function fromModule(path: string, wanted: string | undefined): Promise<ContractDescriptor> {
  const contracts = await exportedContracts(path);
  const named = contracts.filter(({ name }) => wanted === undefined || name === wanted);
  const [found, ...more] = named;
  if (found && more.length === 0) return checkDescriptor(found.descriptor);
  const names = contracts.map(({ name }) => name).join(", ");
  const rule = contracts.length === 0 ? "it exports no contract" : `it exports ${names}`;
  const [one = "Name"] = contracts.map(({ name }) => name);
  throw usageError(
    `Cannot take the contract from ${path}: ${rule}; pick one as ${basename(path)}#${one}`,
  );
}

/**
 * Every contract that a module exports, each once.
 * @throws {ReefError} as `loadContract`
 */
export async function loadContracts(path: string): Promise<ContractDescriptor[]> {
  if (!moduleEnding.test(path)) {
    throw usageError(`Cannot load contracts from ${path}: it is not a module`);
  }
  const contracts = await exportedContracts(path);
  if (contracts.length === 0) {
    throw usageError(`Cannot take the contracts from ${path}: it exports no contract`);
  }
  return [...new Set(contracts.map(({ descriptor }) => descriptor))].map(checkDescriptor);
}

async function exportedContracts(path: string) {
  // Says in our words what is missing; the import would name a file that nobody typed.
  await readText(path);
  let exported: { readonly [name: string]: unknown };
  try {
    exported = await import(pathToFileURL(path).href);
  } catch (cause) {
    const { message } = ReefError.from(cause);
    throw failure("failed_precondition", `Cannot load the contract ${path}: ${message}`, { cause });
  }
  return Object.entries(exported).flatMap(([name, value]) => {
    return isContract(value) ? [{ name, descriptor: value.descriptor }] : [];
  });
}

function isContract(value: unknown): value is { readonly descriptor: unknown } {
  if (typeof value !== "object" || value === null) return false;
  return "descriptor" in value && "digest" in value && "methods" in value;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const rule = "there is no such file, or it cannot be read";
    throw failure("not_found", `Cannot load the contract ${path}: ${rule}`, { cause });
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw failure("invalid_argument", `Cannot load the contract ${path}: it is not JSON`, {
      cause,
    });
  }
}
