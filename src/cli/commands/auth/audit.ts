/** `reef auth audit`: who was let in, who was refused and by which rule, and what was changed by whom. */
import type { AuditEntry, AuditFilter, Realm } from "../../../blocks/auth/index.ts";
import { nobodyKnown } from "../../../core/audit.ts";
import type { CommandContext } from "../../command.ts";
import { note, printJson, printTable } from "../../print.ts";
import { displayWidth } from "../../table.ts";
import { resourceOf, shownResource, type Words } from "./action.ts";

/** A screen of it, and what a program takes at once. */
const limits = { text: 50, json: 1_000 };

/** More are looked through by their time: each call of auth brings a hundred. */
export const limitMax = 10_000;

export async function audit(context: CommandContext, realm: Realm, words: Words): Promise<void> {
  const { json } = context.globals;
  const { limit = json ? limits.json : limits.text } = words;
  const { entries, isMore } = await newest(context, realm, {
    wanted: wantedOf(context, words),
    limit,
  });
  if (json) return printJson(context, { entries, more: isMore });
  if (entries.length === 0) return note(context, nothing(words));
  await print(context, entries);
  if (isMore) {
    await note(
      context,
      `These are the newest ${entries.length}; --limit ${limit * 4} shows more, --since 1h those of the last hour`,
    );
  }
}

function wantedOf({ clock }: CommandContext, words: Words): AuditFilter {
  const { account, resource, refused, since } = words;
  return {
    ...(account !== undefined && { account: subjectOf(account) }),
    ...(resource !== undefined && { resource: shownResource(resourceOf(resource)) }),
    ...(refused && { refused }),
    ...(since !== undefined && { sinceMs: Math.floor(clock.wallMs() - since) }),
  };
}

/** `ann` is a person, and `nobody` none. */
function subjectOf(typed: string): string {
  return typed.includes(":") || typed === nobodyKnown ? typed : `user:${typed}`;
}

async function newest(
  { signal }: CommandContext,
  realm: Realm,
  { wanted, limit }: { readonly wanted: AuditFilter; readonly limit: number },
): Promise<{ readonly entries: readonly AuditEntry[]; readonly isMore: boolean }> {
  const all: AuditEntry[] = [];
  let cursor: string | undefined;
  do {
    // Each page says where the next begins.
    // oxlint-disable-next-line no-await-in-loop
    const page = await realm.audit({ ...wanted, cursor, signal });
    all.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== undefined && all.length <= limit);
  // A door says within a second what it did, auth at once.
  const entries = all.slice(0, limit).toSorted((one, other) => other.timeMs - one.timeMs);
  return { entries, isMore: all.length > limit };
}

const head = ["TIME (UTC)", "EVENT", "WHO", "WHAT", "CALLS", "AT"];
/** A narrow terminal has no more: what is not there is in `--json`. */
const columnsMin = 4;

async function print(context: CommandContext, entries: readonly AuditEntry[]): Promise<void> {
  const today = dayOf(context.clock.wallMs());
  const isToday = entries.every(({ timeMs }) => dayOf(timeMs) === today);
  const rows = entries.map((entry) => rowOf(entry, { isToday }));
  const columns = context.stdout.isTty ? (context.stdout.columns ?? Infinity) : Infinity;
  const widths = head.map((name, column) =>
    Math.max(...[name, ...rows.map((row) => row[column] ?? "")].map(displayWidth)),
  );
  let shown = head.length;
  const wide = () => widths.slice(0, shown).reduce((sum, width) => sum + width + 2, -2);
  while (shown > columnsMin && wide() > columns) shown -= 1;
  const cut = rows.map((row) => row.slice(0, shown));
  await printTable(context, head.slice(0, shown), cut);
}

function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}

function rowOf(entry: AuditEntry, { isToday }: { readonly isToday: boolean }): string[] {
  const { timeMs, calls } = entry;
  // Nothing is kept for as long as a year.
  const time = new Date(timeMs).toISOString().slice(isToday ? 11 : 5, 19);
  const count = calls === undefined ? "" : String(calls);
  return [time.replace("T", " "), ...actOf(entry), count, atOf(entry)];
}

/** What happened and by which rule, who acted, on what. */
function actOf({ event, subject, onBehalfOf, by, resource, rule }: AuditEntry): string[] {
  if (resource !== undefined) {
    const verdict = event.replace("call ", "");
    const who = onBehalfOf === undefined ? subject : `${subject} for ${onBehalfOf}`;
    return [`${verdict}${reasonOf(rule)}`, who, resource];
  }
  if (event === "token refused") return [event, subject, rule ?? ""];
  return ownEvents.has(event) ? [event, by ?? subject, ""] : [event, by ?? "", subject];
}

/** Names of rules are one word; what is not decided by one is told in several. */
function reasonOf(rule = "no rule"): string {
  return rule.includes(" ") ? `: ${rule}` : ` by ${rule}`;
}

/** An account does these with itself. */
const ownEvents: ReadonlySet<string> = new Set([
  "login",
  "login refused",
  "logout",
  "refresh reused",
]);

/** The door that decided. */
function atOf({ resource, event, by = "" }: AuditEntry): string {
  return resource !== undefined || event === "token refused" ? by : "";
}

function nothing({ account, resource, refused, since }: Words): string {
  const isAny = account ?? resource ?? since ?? (refused || undefined);
  if (isAny === undefined) return "Nothing has happened yet";
  return "Nothing of that is in the audit; without --account, --resource, --refused and --since it shows all";
}
