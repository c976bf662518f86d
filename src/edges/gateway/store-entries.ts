/**
 * Entries of the store as files of the web: `/store/tables/visits/home`. The body is the value as it is, its `ETag` the
 * revision, and a change may depend on it. It asks for the methods of the store, by whose rules it is let in.
 */
import { ReefError } from "../../core/errors.ts";
import { refusal } from "../../rpc/http/problem.ts";
import { admitCaller, askedOf } from "./admit.ts";
import { callOptions } from "./call-terms.ts";
import { namesTag } from "./entity-tag.ts";
import type { Exchange } from "./exchange.ts";
import { checkCodings } from "./read-body.ts";
import { unusedQuery } from "./read-input.ts";
import type { ServeHost } from "./serve.ts";

/** In front of a table and a key, which may have slashes. */
const front = "/store/tables/";

/** Verbs of an entry, each with the method of the store that does it. */
const methods: { readonly [verb: string]: "get" | "put" | "delete" } = {
  GET: "get",
  HEAD: "get",
  PUT: "put",
  DELETE: "delete",
};

export const entryVerbs: readonly string[] = Object.keys(methods);

export interface EntryPlace {
  readonly table: string;
  /** In base64. */
  readonly key: string;
}

/** What a path means; undefined for that of something else. */
export function entryAt(path: string, { catalog }: ServeHost): EntryPlace | undefined {
  if (!path.startsWith(front) || !catalog.routes.hasExact("/store/get")) return undefined;
  const slash = path.indexOf("/", front.length);
  if (slash === -1) return undefined;
  const key = Buffer.from(path.slice(slash + 1)).toString("base64");
  return { table: path.slice(front.length, slash), key };
}

/** @throws {ReefError} whatever is to be answered instead */
export async function serveEntry(
  exchange: Exchange,
  place: EntryPlace,
  query: string | undefined,
  host: ServeHost,
): Promise<void> {
  const { request } = exchange;
  const method = methods[request.method ?? ""];
  if (method === undefined) {
    const allow = entryVerbs.join(", ");
    const text = `Cannot ${request.method} an entry of the store: it takes ${allow}`;
    throw refusal("method_not_allowed", text, { allow });
  }
  if (query !== undefined) throw unusedQuery(query);
  const { endpoint } = host.catalog.routes.find("POST", `/store/${method}`);
  admitCaller(exchange, host, askedOf(endpoint));
  if (method === "get") return sendEntry(exchange, await call({}));
  const expected = expectedRevision(exchange);
  const condition = expected === undefined ? {} : { expectedRevision: expected };
  if (method === "delete") {
    const { deleted } = await call(condition);
    if (deleted !== true) throw noEntry();
    return exchange.sendEmpty(204);
  }
  checkCodings(request);
  const value = (await exchange.body(host.meter, { binary: true })).toString("base64");
  const { revision } = await call({ ...condition, value });
  exchange.sendEmpty(204, "etag", tagOf(revision));

  async function call(more: object): Promise<Answer> {
    const input = Buffer.from(JSON.stringify({ ...place, ...more }));
    try {
      const answer = endpoint.call(input, callOptions(exchange, host.limits));
      // The methods of entries have one answer, which its contract describes.
      return JSON.parse(String(await (answer as Promise<Buffer>))) as Answer;
    } catch (thrown) {
      throw conflictOf(ReefError.from(thrown), expected);
    }
  }
}

interface Answer {
  readonly entry?: { readonly value: string; readonly revision: number };
  readonly revision?: number;
  readonly deleted?: boolean;
}

function sendEntry(exchange: Exchange, { entry }: Answer): void {
  if (!entry) throw noEntry();
  const tag = tagOf(entry.revision);
  exchange.revalidated = true;
  const { "if-none-match": had } = exchange.request.headers;
  if (had !== undefined && namesTag(had, tag, { comparison: "weak" })) {
    return exchange.sendEmpty(304, "etag", tag);
  }
  const body = Buffer.from(entry.value, "base64");
  exchange.send(200, "application/octet-stream", body, ["etag", tag]);
}

function tagOf(revision: number | undefined): string {
  return `"${revision}"`;
}

/**
 * The entry that a change may take the place of; 0 is none, undefined whichever is there.
 * @throws {ReefError} `precondition_failed` for what the store cannot compare with
 */
function expectedRevision({ request }: Exchange): number | undefined {
  const { "if-match": match, "if-none-match": noneMatch } = request.headers;
  if (match === undefined && noneMatch === undefined) return undefined;
  if (match === undefined && noneMatch?.trim() === "*") return 0;
  const revision = /^"([1-9]\d{0,15})"$/.exec(match?.trim() ?? "")?.[1];
  if (revision !== undefined && noneMatch === undefined) return Number(revision);
  throw refusal(
    "precondition_failed",
    "Cannot change the entry under this condition: it must be If-Match with one ETag of it, or If-None-Match: *",
  );
}

function conflictOf(error: ReefError, expected: number | undefined): ReefError {
  if (error.code !== "aborted" || expected === undefined) return error;
  const text = "Cannot change the entry: another one is there; read it and decide again";
  return refusal("precondition_failed", text, { cause: error });
}

function noEntry(): ReefError {
  const text = "Cannot find the entry: there is none under this key";
  return new ReefError("not_found", text, { maybeExecuted: false });
}
