/** Names that are on one side only, joined by the number that both give them. */

import type { Reserved } from "../shape.ts";

type Numbers = { readonly [name: string]: number | undefined };

/** Pairs of an old name that is gone and a new one that has its number. */
export function unmatched(older: Numbers, newer: Numbers): (readonly [string, string])[] {
  const fresh = Object.entries(newer).filter(([name]) => !Object.hasOwn(older, name));
  return Object.entries(older).flatMap(([name, number]) => {
    if (number === undefined || Object.hasOwn(newer, name)) return [];
    const found = fresh.find(([, other]) => other === number);
    return found ? [[name, found[0]] as const] : [];
  });
}

/** What has a number now that was reserved for another name, with that name. */
export function takenFrom(
  reserved: Reserved | undefined,
  newer: Numbers,
): (readonly [string, string])[] {
  return Object.entries(newer).flatMap(([name, number]) => {
    const was = number === undefined ? undefined : reserved?.[number];
    return was === undefined || was === name ? [] : [[name, was] as const];
  });
}
