/** Validators of answers: what a client has is compared with what it would get. RFC 9110, 8.8.3 and 13.1. */
import { hash } from "node:crypto";

/** A strong one: the same bytes have the same tag, and no others have it. */
export function entityTag(body: Buffer): string {
  return `"${hash("sha256", body, "base64url").slice(0, tagLength)}"`;
}

/** 132 bits: nobody finds two answers with one tag, and the header stays short. */
const tagLength = 22;

/** One more of a list: blanks and commas, a mark that it is weak, the tag. */
// oxlint-disable-next-line no-control-regex -- the RFC names the range
const nextTag = /[\t ,]*(W\/)?("[\u0021\u0023-\u007e\u0080-\u00ff]*")[\t ]*(?:,|$)/y;

/**
 * Whether a list names the tag, or is `*`, which is any. A list that is broken ends where it breaks; how long it may
 * be is the limit of all headers.
 */
export function namesTag(
  list: string,
  tag: string,
  { comparison }: { readonly comparison: "strong" | "weak" },
): boolean {
  if (list.trim() === "*") return true;
  nextTag.lastIndex = 0;
  for (let found = nextTag.exec(list); found; found = nextTag.exec(list)) {
    if (found[2] === tag && (comparison === "weak" || found[1] === undefined)) return true;
    if (nextTag.lastIndex >= list.length) return false;
  }
  return false;
}
