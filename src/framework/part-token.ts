/**
 * With what the parts of one platform know each other that run in processes of their own. It has to do without auth,
 * which is a part itself and stands on another: a key in the state folder proves that whoever made a token may read
 * that.
 */
import { createHmac, timingSafeEqual } from "node:crypto";

/** For the part of this name; it is good as long as the key is there. */
export function partToken(key: string, name: string): string {
  const proof = createHmac("sha256", key).update(`part ${name}`).digest("base64url");
  return `${prefix}${name}${separator}${proof}`;
}

/** The name of the part that a token is of; undefined for whatever else it is. */
export function partNamed(key: string, token: string): string | undefined {
  if (!token.startsWith(prefix)) return undefined;
  const name = token.slice(prefix.length).split(separator)[0] ?? "";
  const [given, right] = [Buffer.from(token), Buffer.from(partToken(key, name))];
  return given.length === right.length && timingSafeEqual(given, right) ? name : undefined;
}

/** Signed tokens begin with a letter and have dots. */
const prefix = "~part~";
const separator = "~";
