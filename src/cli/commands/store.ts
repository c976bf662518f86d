import { listLimitDefault } from "../../blocks/store/index.ts";
import { didYouMean } from "../../core/suggest.ts";
import { command } from "../command.ts";
import type { CompletionSource } from "../command.ts";
import { confirm } from "../confirm.ts";
import { usageError } from "../failure.ts";
import { tableDefault, tryNext } from "./store/action.ts";
import type { Action, Words } from "./store/action.ts";
import { deleteEntry, getEntry, putEntry } from "./store/entries.ts";
import { exportEntries } from "./store/export-entries.ts";
import { importEntries } from "./store/import-entries.ts";
import { listEntries, watchEntries } from "./store/read-entries.ts";

/** What a person still looks through; a program takes the rest by prefix. */
const limitMax = 100_000;

export const store = command({
  name: "store",
  summary: "Read and change what services keep in the store",
  about: `ACTION is put, get, list, delete, watch, export or import. get prints the value as it is; put takes it from
stdin when VALUE is not there or is -. watch shows what is there, then each change until Ctrl-C. With --json, list
prints one entry a line and watch one event; what is not text is there as keyBase64 and valueBase64.

export writes one JSON a line, {"table","key","value","ttlMs"}, of one table or of all. It reads page by page: what is
there all the time is in it once, what changes meanwhile as it was before or after. import adds what is not there,
leaves what is the same, and refuses, naming its line, what would overwrite another value; so it may be done again.`,
  examples: [
    ["reef store put color blue", "writes, and prints the revision"],
    ["reef store put photo < photo.jpg", "bytes from a file"],
    ["reef store get color", "prints blue"],
    ["reef store list --table orders --prefix 2026-", "keys in order"],
    ["reef store delete color --expect 17", "only if nobody has written since revision 17"],
    ["reef store watch --namespace test --json", "one event a line"],
    ["reef store export orders > orders.ndjson", "one table; without a name, all of them"],
    ["reef store import --file all.ndjson --replace", "overwrites what is another value"],
    ["reef store export | reef store import --state /srv/b", "into another platform"],
  ],
  positionals: {
    action: {
      description: "put, get, list, delete, watch, export or import",
      complete: ["put", "get", "list", "delete", "watch", "export", "import"],
    },
    key: {
      description: "The key, or for export and import the table",
      optional: true,
      complete: tablesFor,
    },
    value: { description: "What to put under it", optional: true },
  },
  options: {
    table: {
      type: "text",
      placeholder: "NAME",
      complete: "tables",
      description: `The table; else ${tableDefault}, and for export and import all`,
    },
    ttl: { type: "duration", placeholder: "TIME", description: "put: the entry is gone after it" },
    expect: {
      type: "integer",
      placeholder: "REVISION",
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: "put, delete: only if the entry has this revision; 0: only if there is none",
    },
    prefix: {
      type: "text",
      placeholder: "TEXT",
      description: "list, watch: only keys that begin with it",
    },
    limit: {
      type: "integer",
      placeholder: "N",
      minimum: 1,
      maximum: limitMax,
      description: `list: at most N entries (default ${listLimitDefault})`,
    },
    descending: { type: "flag", description: "list: the last keys first" },
    file: {
      type: "text",
      placeholder: "FILE",
      complete: "files",
      description: "export, import: instead of stdio",
    },
    replace: { type: "flag", description: "import: also overwrites other values" },
  },
  async run(context, given) {
    const action = actionOf(given.action);
    refuseWords(action, given);
    refuseFlags(action, given);
    if (action === "delete") await confirm(context, `Delete ${given.key} from the store`);
    if (action === "import") await confirm(context, "Import into the store");
    const { store: database } = await context.platform();
    await actions[action].run(context, database, given);
    return 0;
  },
});

const actions = {
  put: { words: [1, 2], flags: ["ttl", "expect"], run: putEntry },
  get: { words: [1, 1], flags: [], run: getEntry },
  list: { words: [0, 0], flags: ["prefix", "limit", "descending"], run: listEntries },
  delete: { words: [1, 1], flags: ["expect"], run: deleteEntry },
  watch: { words: [0, 0], flags: ["prefix"], run: watchEntries },
  export: { words: [0, 1], flags: ["file"], run: exportEntries },
  import: { words: [0, 1], flags: ["file", "replace"], run: importEntries },
} as const satisfies { readonly [name: string]: Action };

/** What stands behind these is a table; keys are many, and nobody's to show unasked. */
function tablesFor([action]: readonly string[]): CompletionSource | undefined {
  return action === "export" || action === "import" ? "tables" : undefined;
}

function actionOf(word: string): keyof typeof actions {
  // It was looked up among their names.
  if (Object.hasOwn(actions, word)) return word as keyof typeof actions;
  const hint = didYouMean(word, Object.keys(actions));
  throw usageError(`Unknown action ${JSON.stringify(word)}${hint}`, { tryNext });
}

function refuseWords(action: keyof typeof actions, { key, value }: Pick<Words, "key" | "value">) {
  const [least, most] = actions[action].words;
  if (least > 0 && key === undefined) throw usageError("Missing KEY", { tryNext });
  const extra = [key, value][most];
  if (extra === undefined) return;
  throw usageError(`Unexpected word ${JSON.stringify(extra)} after ${action}`, { tryNext });
}

/** A flag that does nothing hides a slip: `delete --prefix` would be one to be sorry for. */
function refuseFlags(action: keyof typeof actions, given: { readonly [name: string]: unknown }) {
  for (const flag of Object.keys(store.options)) {
    // A flag without a value is false where it is not given.
    if (flag === "table" || given[flag] === undefined || given[flag] === false) continue;
    const takers = Object.entries(actions).filter(([, { flags }]) => flags.some((f) => f === flag));
    const names = takers.map(([name]) => name);
    if (names.includes(action)) continue;
    throw usageError(`Flag --${flag} is for ${names.join(" and ")}, not for ${action}`, {
      tryNext,
    });
  }
}
