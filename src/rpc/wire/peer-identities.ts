/** Who calls over one connection: the peer itself, as number 0, and others whom it brings, each by an AUTH frame. */
import { ReefError } from "../../core/errors.ts";
import { tokenBytesMax } from "../../core/signed-token.ts";
import type { Door } from "../door.ts";
import { type Credentials, identitiesMax } from "./frames.ts";
import { PeerIdentity } from "./peer-identity.ts";

export interface PeerIdentitiesOptions {
  /** What the peer said of itself when it came. */
  readonly credentials: Credentials;
  /** Absent where everybody may call everything. */
  readonly door: Door | undefined;
}

/** A token and what is around it: two words and their quotation marks. */
const credentialsBytesMax = tokenBytesMax + 256;

export class PeerIdentities {
  readonly #door: Door | undefined;
  /** By their numbers. */
  readonly #identities: (PeerIdentity | undefined)[] = [];
  readonly #stranger: PeerIdentity;

  constructor({ credentials, door }: PeerIdentitiesOptions) {
    this.#door = door;
    this.#stranger = new PeerIdentity(this, door);
    this.#stranger.refuse(notEstablished());
    this.#establish(0, credentials);
  }

  /** Who calls under this number. */
  of(number: number): PeerIdentity {
    const identity = this.#identities[number] ?? this.#stranger;
    if (identity.isWorthAnotherLook) this.#check(identity);
    return identity;
  }

  /**
   * Takes an AUTH frame: calls that come after it and name its number are this one's. A token that is no good is told
   * to these calls.
   * @throws {ReefError} for what is no such frame, and for one more wrong token than anybody sends by mistake
   */
  hear(payload: Buffer, start: number, end: number): void {
    if (end - start < 2 || end - start > credentialsBytesMax) throw unreadable();
    const number = payload.readUInt16LE(start);
    if (number > identitiesMax) throw tooMany();
    this.#establish(number, parseCredentials(payload.toString("utf8", start + 2, end)));
  }

  #establish(number: number, { scheme, token }: Credentials): void {
    const isToken = scheme === "token" && token !== undefined;
    const identity = new PeerIdentity(this, this.#door, isToken ? token : undefined);
    const before = this.#identities[number];
    this.#identities[number] = identity;
    if (scheme !== "anonymous" && !isToken) identity.refuse(unknownScheme());
    else if (isToken) this.#check(identity, before);
  }

  #check(identity: PeerIdentity, before?: PeerIdentity): void {
    const doorkeeper = this.#door?.doorkeeper;
    if (!doorkeeper) return;
    try {
      identity.become(doorkeeper.verify(identity.token ?? "", this));
      if (before) identity.succeed(before);
    } catch (error) {
      identity.refuse(ReefError.from(error));
      if (!doorkeeper.bears(this)) throw tooManyWrong();
    }
  }
}

function parseCredentials(text: string): Credentials {
  let given: Partial<Credentials> | null;
  try {
    given = JSON.parse(text) as Partial<Credentials> | null;
  } catch (cause) {
    throw unreadable(cause);
  }
  const { scheme, token } = given ?? {};
  if (typeof scheme !== "string") throw unreadable();
  return { scheme, ...(typeof token === "string" && { token }) };
}

function unreadable(cause?: unknown): ReefError {
  const text = "Cannot read an AUTH frame: it has no number and credentials";
  return new ReefError("invalid_argument", text, { cause });
}

function tooMany(): ReefError {
  const text = `Cannot take another identity: the limit is ${identitiesMax} on one connection`;
  return new ReefError("invalid_argument", text);
}

function tooManyWrong(): ReefError {
  return new ReefError(
    "resource_exhausted",
    "Cannot take another identity: too many wrong tokens came over this connection",
    { maybeExecuted: false },
  );
}

function notEstablished(): ReefError {
  return new ReefError("unauthenticated", "Cannot take a call: its identity was not established", {
    maybeExecuted: false,
  });
}

/** Which one it was could be a secret at the wrong place. */
function unknownScheme(): ReefError {
  return new ReefError(
    "unauthenticated",
    'Cannot take credentials: "anonymous" and "token" are the schemes here',
    { maybeExecuted: false },
  );
}
