/** What becomes of the keys of one platform, as the clock on the wall has it: which one signs, and until when. */
import type { KeyUse } from "../../../../core/identity.ts";
import { apiTokenMsMax } from "../../index.ts";

/** What the plan needs to know of a key. */
export interface PlannedKey {
  readonly kid: string;
  /** Wall clock: several platforms share a store. */
  readonly signsFromMs: number;
  /** The last API token of it has expired then; unknown for a key of an older version. */
  readonly usedUntilMs?: number | undefined;
}

export interface KeyPlan<K> {
  /** From when on a new one is to sign; undefined while it is not time for one. */
  nextFromMs(ifDue: boolean): number | undefined;
  useOf(key: K): KeyUse;
  /** Nobody has a token of these any more. */
  readonly gone: readonly K[];
}

/** Longer than a watch takes to tell a key to everybody, also after the way was lost and found again. */
const aheadMs = 10_000;

/** Where there is time a key is known for a day before: as long as services go on by what they have heard last. */
const aheadMsMax = 86_400_000;

/** Of a period, at most; the rest is for the key before. */
const aheadShare = 0.25;

/** Access tokens are over long before, also those that are good for longer because auth is away for a day. */
const retiredMs = 172_800_000;

/** @param own in the order in which they sign */
export function keyPlan<K extends PlannedKey>(
  own: readonly K[],
  { nowMs, periodMs }: { readonly nowMs: number; readonly periodMs: number },
): KeyPlan<K> {
  const signing = own.findLast(({ signsFromMs }) => signsFromMs <= nowMs);
  /** A clock that was wrong for a while may have left one that signs in ten years. */
  const next = own.find(
    ({ signsFromMs }) => signsFromMs > nowMs && signsFromMs <= nowMs + periodMs,
  );

  function nextFromMs(ifDue: boolean): number | undefined {
    const soonMs = nowMs + aheadMs;
    if (!ifDue) return soonMs;
    // The first one is made when somebody signs.
    if (!signing) return undefined;
    const dueMs = signing.signsFromMs + periodMs;
    if (next || nowMs < dueMs - Math.min(aheadMsMax, periodMs * aheadShare)) return undefined;
    return Math.max(dueMs, soonMs);
  }

  /** Of a key that has a successor which signs. */
  function retiredUntilMs({ signsFromMs, usedUntilMs }: K): number | undefined {
    const successor = own.find((each) => each.signsFromMs > signsFromMs);
    if (!signing || !successor || successor.signsFromMs > nowMs) return undefined;
    const apiTokensMs = usedUntilMs ?? successor.signsFromMs + apiTokenMsMax;
    return Math.max(successor.signsFromMs + retiredMs, apiTokensMs);
  }

  return {
    nextFromMs,
    useOf(key) {
      const { kid, signsFromMs: sinceMs } = key;
      if (sinceMs > nowMs) return { kid, state: "next", sinceMs };
      const retired = retiredUntilMs(key);
      if (retired !== undefined) return { kid, state: "retired", sinceMs, untilMs: retired };
      return { kid, state: "signs", sinceMs, untilMs: next?.signsFromMs ?? sinceMs + periodMs };
    },
    gone: own.filter((each) => (retiredUntilMs(each) ?? Infinity) < nowMs),
  };
}
