/**
 * Limits of one value: minimum, length, pattern. Services refuse inputs beyond their limits; nobody checks what a
 * service answers, so that a limit there describes and forbids nothing.
 */
import type { Shape } from "../shape.ts";
import type { Side, Unreadable } from "./change.ts";

export interface LimitChange {
  readonly text: string;
  readonly unreadable: Unreadable;
}

/** +1: a larger one refuses more. -1: a smaller one refuses more. */
const directions = {
  minimum: 1,
  minLength: 1,
  minItems: 1,
  maximum: -1,
  maxLength: -1,
  maxItems: -1,
  maxBytes: -1,
} as const;

/** What has become of the limits of two shapes of one kind. */
export function compareLimits(older: Shape, newer: Shape, side: Side): LimitChange[] {
  const before: { readonly [name: string]: unknown } = { ...older };
  const after: { readonly [name: string]: unknown } = { ...newer };
  const found: LimitChange[] = [];
  for (const [name, direction] of Object.entries(directions)) {
    const [was, is] = [before[name], after[name]];
    if (was === is) continue;
    const open = -direction * Infinity;
    const tighter = (numberOr(is, open) - numberOr(was, open)) * direction > 0;
    found.push(limitChange(`${name} is ${shown(is)}, was ${shown(was)}`, tighter, side));
  }
  const [was, is] = [before["pattern"], after["pattern"]];
  if (was !== is) {
    const text = `pattern is ${shown(is)}, was ${shown(was)}`;
    // Which of two patterns takes more, nobody can compute: each may refuse what the other takes.
    if (was === undefined || is === undefined)
      found.push(limitChange(text, is !== undefined, side));
    else found.push({ text, unreadable: side === "input" ? "both" : "none" });
  }
  return found;
}

function limitChange(text: string, tighter: boolean, side: Side): LimitChange {
  if (side === "output") return { text, unreadable: "none" };
  return { text, unreadable: tighter ? "older" : "newer" };
}

function numberOr(value: unknown, open: number): number {
  return typeof value === "number" ? value : open;
}

function shown(value: unknown): string {
  return value === undefined ? "open" : typeof value === "string" ? `"${value}"` : String(value);
}
