/**
 * What a start loads: each module costs about half a millisecond, and some of Node's own far more, so what only some
 * callers need is loaded when the first of them comes.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { openStateFolder, root, startNode, type Underway } from "./test-command.ts";

const script = join(root, "test/fixtures/print-loaded.ts");
const source = pathToFileURL(join(root, "src/")).href;

/** Imported by name, `node:http` loads HTTP/2 and undici too: 20 ms and 19 MB. */
const forNobody = [
  /^node:(?:http|https|http2|tls|inspector|repl)$/,
  /^(?:ws|postgres)$/,
  /^rpc\/grpc\//,
  /^rpc\/http\/(?!check-origins\.ts$|forward\/limits\.ts$)/,
  /^contract\/(?:openapi|typescript)\//,
  // Reading, linking and printing `.proto`.
  /^contract\/proto\/(?:parse|link|print|well-known-files)/,
  /^backends\/postgres/,
  /^testing\//,
  /^cli\//,
];

const starts = [
  {
    name: "a platform",
    never: [
      ...forNobody,
      /^edges\/gateway\/(?!gateway\.ts$|limits\.ts$)/,
      /^edges\/proxy\/(?!proxy\.ts$)/,
      /^edges\/ports\/(?!ports\.ts$|limits\.ts$)/,
      /^blocks\/runtime\/drivers\/process\/foreign-/,
    ],
    // 327 when this was written; then namespaces and identities came with 40, and jose with 45, as the owner's token is
    // signed before anybody types a command; 4 say what goes beside answers, which no call can wait for; 6 rotate keys
    // and keep what doors have decided, as the first decision is made by a command that waits for it.
    // What needs more says here why its users should wait for it.
    modulesMax: 440,
  },
  {
    name: "a service",
    never: [
      ...forNobody,
      /^jose$/,
      /^(?:backends|edges|server|supervisor)\//,
      /^blocks\/\w+\/drivers\//,
    ],
    // 180 when this was written, 201 since it looks after who calls and who it is; 1 is a part of the doorkeeper that
    // got a file of its own, and is there before the first caller as the whole was.
    modulesMax: 216,
  },
];

test("a start loads nothing that waits for its first caller", async () => {
  await using folder = await openStateFolder();
  await using platform = startNode([script, "server", folder.path]);
  const lists = [await loadedBy(platform)];
  await using service = startNode([script, "service", folder.path]);
  lists.push(await loadedBy(service));
  for (const [index, { name, never, modulesMax }] of starts.entries()) {
    const list = lists[index] ?? [];
    const wrong = list.filter((module) => never.some((pattern) => pattern.test(module)));
    assert.deepEqual(wrong, [], `${name} loads what its start does not need`);
    const own = list.filter((module) => !module.startsWith("node:")).length;
    assert.ok(
      own > 50 && own <= modulesMax,
      `${name} loads ${own} modules, more than ${modulesMax}`,
    );
  }
});

/** What the script has loaded; its process goes on. */
async function loadedBy(script: Underway): Promise<string[]> {
  const [line] = await script.printed(/^\[.*\]$/m);
  // The script writes a list of texts.
  return (JSON.parse(line) as string[]).map(nameOf);
}

/** `core/errors.ts` of our own, the package of others. */
function nameOf(url: string): string {
  if (url.startsWith(source)) return url.slice(source.length);
  return /.*\/node_modules\/([^/]+)/.exec(url)?.[1] ?? url;
}
