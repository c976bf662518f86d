/** The fields of one object: there, gone, renamed, required, numbered, grouped. */
import { canonicalJson } from "../digest.ts";
import { isRequired } from "../shape-check.ts";
import type { Field, ObjectShape } from "../shape.ts";
import { joinPath } from "../violations.ts";
import { type Unreadable, unreadableOf } from "./change.ts";
import type { MessageComparison } from "./compare-messages.ts";
import { takenFrom, unmatched } from "./match-numbers.ts";

export interface ObjectPair {
  readonly older: ObjectShape;
  readonly newer: ObjectShape;
  readonly path: string;
}

export function compareFields(
  comparison: MessageComparison,
  { older, newer, path }: ObjectPair,
): void {
  const renamed = renamedFields(comparison, older, newer);
  for (const [name, field] of Object.entries(older.fields)) {
    const place = joinPath(path, name);
    const newName = renamed.get(name) ?? name;
    const after = Object.hasOwn(newer.fields, newName) ? newer.fields[newName] : undefined;
    if (after === undefined) {
      tellRemoved(comparison, place, field);
      continue;
    }
    if (newName !== name) {
      comparison.tell({
        path: place,
        text: `is called "${newName}" now, its number ${field.number} is the same`,
        why: "JSON knows it by its name",
        json: "both",
        protobuf: "none",
      });
    }
    compareField(comparison, field, after, place);
    compareGroups(comparison, { older, newer, path: place }, name, newName);
  }
  const kept = new Set(renamed.values());
  for (const [name, field] of Object.entries(newer.fields)) {
    if (Object.hasOwn(older.fields, name) || kept.has(name)) continue;
    tellAdded(comparison, joinPath(path, name), field);
  }
  tellReused(comparison, { older, newer, path }, renamed);
}

function tellRemoved(comparison: MessageComparison, path: string, field: Field): void {
  const presence = presenceOf(field);
  const isInput = comparison.side === "input";
  const lost = presence === "required" || (presence === "default" && !isInput);
  comparison.tell({
    path,
    text: "is gone",
    why: isInput
      ? "older callers still send it, and nobody would read it"
      : "older callers read it and count on it",
    json: unreadableOf(isInput, lost),
  });
}

function tellAdded(comparison: MessageComparison, path: string, field: Field): void {
  const presence = presenceOf(field);
  comparison.tell({
    path,
    text: `is new and ${presence === "default" ? "has a default" : presence}`,
    why: "older callers do not send it; make it optional or give it a default",
    json: presence === "required" ? "older" : "none",
  });
}

function compareField(
  comparison: MessageComparison,
  older: Field,
  newer: Field,
  path: string,
): void {
  comparePresence(comparison, older, newer, path);
  if (comparison.numbered && older.number !== newer.number) {
    const text = `has the number ${newer.number}, had ${older.number}`;
    const why = "protobuf knows it by its number";
    comparison.tell({ path, text, why, json: "none", protobuf: "both" });
  }
  if (older.delimited !== newer.delimited) {
    const text = `is ${newer.delimited ? "" : "not "}delimited, was ${older.delimited ? "" : "not "}so`;
    const why = "the same message is other bytes";
    comparison.tell({ path, text, why, json: "none", protobuf: "both" });
  }
  comparison.shapes(older.shape, newer.shape, path);
}

type Presence = "required" | "optional" | "default";

function presenceOf(field: Field): Presence {
  if (field.default !== undefined) return "default";
  return field.optional ? "optional" : "required";
}

function comparePresence(
  comparison: MessageComparison,
  older: Field,
  newer: Field,
  path: string,
): void {
  const [was, is] = [presenceOf(older), presenceOf(newer)];
  if (was === "default" && is === "default") return compareDefaults(comparison, older, newer, path);
  if (was === is) return;
  const json: Unreadable =
    is === "required" ? "older" : was === "required" && is === "optional" ? "newer" : "none";
  comparison.tell({
    path,
    text: `${presenceText(is)}, ${was === "default" ? "had a default" : `was ${was}`}`,
    why: is === "required" ? "older callers may leave it out" : "older callers count on it",
    json,
    protobuf: isWrapped(older) === isWrapped(newer) ? json : "both",
  });
}

function presenceText(presence: Presence): string {
  return presence === "default" ? "has a default" : `is ${presence}`;
}

/** A service fills in what a caller left out; what a service leaves out it fills in itself. */
function compareDefaults(
  comparison: MessageComparison,
  older: Field,
  newer: Field,
  path: string,
): void {
  const [was, is] = [canonicalJson(older.default), canonicalJson(newer.default)];
  // Zero is zero, also where another kind writes it otherwise.
  if (was === is || (older.implicit && newer.implicit)) return;
  comparison.tell({
    path,
    text: `has the default ${is}, had ${was}`,
    why: "callers that leave it out mean something else now",
    json: comparison.side === "input" ? "older" : "none",
  });
}

/** Protobuf needs a message around a list or map that may be absent, as it cannot tell that from an empty one. */
function isWrapped(field: Field): boolean {
  const { shape, implicit } = field;
  return !implicit && !isRequired(field) && (shape.kind === "list" || shape.kind === "map");
}

/** Of fields in a group at most one may be set. */
function compareGroups(
  comparison: MessageComparison,
  { older, newer, path }: ObjectPair,
  name: string,
  newName: string,
): void {
  const [was, is] = [groupOf(older, name), groupOf(newer, newName)];
  if (was?.name === is?.name) return;
  const joins =
    is?.members.some((member) => member !== newName && Object.hasOwn(older.fields, member)) ??
    false;
  const leaves =
    was?.members.some((member) => member !== name && Object.hasOwn(newer.fields, member)) ?? false;
  comparison.tell({
    path,
    text: is ? `is one of "${is.name}" now` : `is no longer one of "${was?.name}"`,
    why: "at most one of them may be set, and the two sides do not agree which they are",
    json: unreadableOf(joins, leaves),
  });
}

function groupOf(shape: ObjectShape, field: string) {
  for (const [name, members] of Object.entries(shape.oneofs ?? {})) {
    if (members.includes(field)) return { name, members };
  }
  return undefined;
}

/** Old name to new name of fields that kept number and kind. */
function renamedFields(comparison: MessageComparison, older: ObjectShape, newer: ObjectShape) {
  if (!comparison.numbered) return new Map<string, string>();
  const pairs = unmatched(numbersOf(older), numbersOf(newer)).filter(([was, is]) => {
    const [before, after] = [older.fields[was], newer.fields[is]];
    return before !== undefined && after !== undefined && comparison.isAlike(before, after);
  });
  return new Map(pairs);
}

function tellReused(
  comparison: MessageComparison,
  { older, newer, path }: ObjectPair,
  renamed: ReadonlyMap<string, string>,
): void {
  if (!comparison.numbered) return;
  for (const [was, is] of unmatched(numbersOf(older), numbersOf(newer))) {
    if (!renamed.has(was)) tell(is, was);
  }
  for (const [is, was] of takenFrom(older.reserved, numbersOf(newer))) tell(is, was);
  function tell(is: string, was: string): void {
    comparison.tell({
      path: joinPath(path, is),
      text: `has the number ${newer.fields[is]?.number}, which was that of "${was}"`,
      why: "a number is never given a second time",
      json: "none",
      protobuf: "both",
    });
  }
}

function numbersOf({ fields }: ObjectShape): { readonly [name: string]: number | undefined } {
  return Object.fromEntries(Object.entries(fields).map(([name, { number }]) => [name, number]));
}
