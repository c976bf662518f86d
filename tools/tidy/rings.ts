/**
 * The rings of the house: who may import whom. Arrows point down only, and rooms of one ring do not know each other.
 * A test may import what it likes; nothing that is not a test may import a test.
 */
import { importsOf, type Import } from "./imports.ts";
import { isTest, type Problem, type Source } from "./source.ts";

/** From the inside out. A file belongs to the first ring that its path matches. */
const rings: readonly { readonly name: string; readonly path: RegExp; readonly may: RegExp }[] = [
  { name: "core", path: /^core\//, may: /^core\// },
  { name: "contract", path: /^contract\//, may: /^(core|contract)\// },
  { name: "backends", path: /^backends\//, may: /^core\/|^backends\/SELF(\.ts$|\/)/ },
  { name: "supervisor", path: /^supervisor\//, may: /^(core|supervisor)\// },
  {
    name: "a block's index and contract",
    path: /^blocks\/[^/]+\/(index\.ts$|contract(\.ts$|\/))/,
    may: /^(core|contract)\/|^blocks\/SELF\/(index\.ts$|contract(\.ts$|\/))/,
  },
  {
    name: "a block's conformance suite",
    path: /^blocks\/[^/]+\/conformance(\.ts$|\/)/,
    may: /^(core|contract|testing)\/|^blocks\/SELF\/(index\.ts$|conformance(\.ts$|\/))/,
  },
  {
    name: "a driver",
    path: /^blocks\/[^/]+\/drivers\//,
    may: /^(core|contract|backends|supervisor)\/|^blocks\/SELF\/(index|contract)\.ts$|^blocks\/SELF\/drivers\//,
  },
  {
    name: "the suite of transports",
    path: /^rpc\/conformance(\.ts$|\/)/,
    may: /^(core|contract|rpc|testing)\/|^blocks\/[^/]+\/index\.ts$/,
  },
  { name: "rpc", path: /^rpc\//, may: /^(core|contract|rpc)\/|^blocks\/[^/]+\/index\.ts$/ },
  {
    name: "a block's service and remote",
    path: /^blocks\/[^/]+\/(service|remote)(\.ts$|\/)/,
    may: /^(core|contract|rpc)\/|^blocks\/SELF\/((index|contract)\.ts$|(service|remote)(\.ts$|\/))/,
  },
  {
    name: "framework",
    path: /^framework\//,
    may: /^(core|contract|rpc|framework)\/|^blocks\/[^/]+\/(index|contract|service|remote)\.ts$/,
  },
  { name: "fetch", path: /^fetch\//, may: /^(core|contract|rpc|fetch)\// },
  { name: "testing", path: /^testing\//, may: /^(?!server\/|edges\/|cli\/|index\.ts)/ },
  {
    name: "the package's index",
    path: /^[^/]+\.ts$/,
    may: /^(?!server\/|edges\/|cli\/|testing\/)/,
  },
  {
    name: "an edge",
    path: /^edges\//,
    may: /^(core|contract|rpc|framework)\/|^blocks\/[^/]+\/(index|contract)\.ts$|^edges\/SELF\//,
  },
  { name: "server", path: /^server\//, may: /^(?!cli\/|testing\/|index\.ts)/ },
  { name: "cli", path: /^cli\//, may: /^(?!testing\/|index\.ts)/ },
];

/** Types of another block's promise are gone at run time: a block may be described in terms of another. */
const blockIndex = /^blocks\/[^/]+\/index\.ts$/;

export function ringProblems(sources: readonly Source[]): Problem[] {
  return sources
    .filter(({ path }) => path.startsWith("src/") && path.endsWith(".ts") && !isTest(path))
    .flatMap((file) =>
      importsOf(file)
        .map((one) => ({
          path: file.path,
          line: one.line,
          text: whyForbidden(file.path, one) ?? "",
        }))
        .filter(({ text }) => text !== ""),
    );
}

function whyForbidden(path: string, { target, typeOnly, specifier }: Import): string | undefined {
  const from = path.slice("src/".length);
  if (target === undefined) return whyForeign(from, specifier);
  const to = target.startsWith("src/") ? target.slice("src/".length) : `../${target}`;
  if (to.endsWith(".json")) return undefined;
  if (to.startsWith("../")) return `"${specifier}" leaves src; what is published lies in src alone`;
  if (isTest(target)) return `"${specifier}" is a test; move what is shared to a file of its own`;
  if (/\/conformance(\.ts$|\/)/.test(to) && !/conformance|testing/.test(from)) {
    return `"${specifier}" is a conformance suite; only tests run it`;
  }
  const ring = rings.find((candidate) => candidate.path.test(from));
  if (ring === undefined) return `this file lies in no room; ARCHITECTURE.md says where things go`;
  if (typeOnly && from.startsWith("blocks/") && blockIndex.test(to)) return undefined;
  // A technology may be one file, or a file and a folder of the same name.
  const self = from.split("/")[1]?.replace(/\.ts$/, "") ?? "";
  if (new RegExp(ring.may.source.replaceAll("SELF", self)).test(to)) return undefined;
  return `${ring.name} may not import "${specifier}"; arrows point down only, see the rings in ARCHITECTURE.md`;
}

/** The packages that ours depends on, each with the rooms that may name it; docs/decisions/ has a page for each. */
const dependencies: { readonly [specifier: string]: RegExp } = {
  jose: /^core\/signed-token|^blocks\/auth\/drivers\//,
  postgres: /^backends\/postgres\//,
  ws: /^edges\/gateway\//,
};

/** What a service installs is reef, and these few. */
function whyForeign(from: string, specifier: string): string | undefined {
  if (specifier.startsWith("node:") || dependencies[specifier]?.test(from)) return undefined;
  return `"${specifier}" is not part of Node, and this room depends on nothing else; write the part that you need`;
}
