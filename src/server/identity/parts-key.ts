/**
 * The key by which parts of a platform know each other, in the state folder. Each process reads it when it needs it, so
 * that the platform may put another one in its place while parts in processes of their own run on.
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ReefError } from "../../core/errors.ts";
import type { StateFolder } from "../../framework/state-folder.ts";
import { keptText, replaceText } from "../kept-text.ts";

type Folder = Pick<StateFolder, "identity">;

interface PartsKey {
  readonly key: string;
  /** Wall clock. */
  readonly sinceMs: number;
  /** The one before is good until then: somebody may have read it just before it was replaced. */
  readonly before?: { readonly key: string; readonly untilMs: number };
}

const name = "parts.key";
const keyBytes = 32;

/** From reading it to showing what it proves takes milliseconds; a busy machine takes longer. */
const beforeMs = 60_000;

/** Makes the key if there is none. */
export async function makePartsKey({ identity }: Folder, nowMs: number): Promise<void> {
  const first: PartsKey = { key: newKey(), sinceMs: nowMs };
  await keptText({ path: identity }, name, () => JSON.stringify(first));
}

/** Another key, if the one that is there is older. Only the platform does this, of which there is one. */
export async function rotatePartsKey(
  { identity }: Folder,
  { nowMs, periodMs }: { readonly nowMs: number; readonly periodMs: number },
): Promise<boolean> {
  const old = read(identity);
  if (nowMs - old.sinceMs < periodMs) return false;
  const before = { key: old.key, untilMs: nowMs + beforeMs };
  const next: PartsKey = { key: newKey(), sinceMs: nowMs, before };
  await replaceText({ path: identity }, name, JSON.stringify(next));
  return true;
}

/** What is shown. */
export function partsKey({ identity }: Folder): string {
  return read(identity).key;
}

/** What is believed. */
export function goodPartsKeys({ identity }: Folder, nowMs: number): readonly string[] {
  const { key, before } = read(identity);
  return before && nowMs < before.untilMs ? [key, before.key] : [key];
}

/** At once, because a door decides at once; parts connect so rarely that it costs nothing. */
function read(identity: string): PartsKey {
  const path = join(identity, name);
  try {
    const text = readFileSync(path, "utf8").trim();
    // An older version wrote the key alone.
    if (!text.startsWith("{")) return { key: text, sinceMs: 0 };
    // It was written here.
    return JSON.parse(text) as PartsKey;
  } catch (cause) {
    const rule = `its key ${path} cannot be read`;
    const text = `Cannot say who a part of the platform is: ${rule}; delete it, and start the platform and its parts again`;
    throw new ReefError("data_loss", text, { cause, maybeExecuted: false });
  }
}

function newKey(): string {
  return randomBytes(keyBytes).toString("base64url");
}
