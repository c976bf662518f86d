/** A call that cannot run at once: it has to be found out first who makes it, or for whom. */
import { ReefError } from "../../core/errors.ts";
import type { Caller } from "../../core/identity.ts";
import type { ServerCall } from "../server-call.ts";
import type { AskedTarget, PeerIdentity } from "./peer-identity.ts";

export interface EnteringCall {
  readonly call: ServerCall;
  readonly identity: PeerIdentity;
  readonly asked: AskedTarget;
  /** The token of the one on whose behalf it is; empty when there is none. */
  readonly subject: string;
  readonly run: (call: ServerCall, identity: PeerIdentity) => void;
  readonly refuse: (call: ServerCall, error: ReefError) => void;
}

/** Runs it, or refuses it, when that is known. Calls of one identity that wait for it run in their order. */
export function enter(entering: EnteringCall): void {
  const { identity } = entering;
  if (identity.isPending) identity.whenKnown(() => enterKnown(entering));
  else enterKnown(entering);
}

function enterKnown(entering: EnteringCall): void {
  const { call, identity, asked, subject, run, refuse } = entering;
  if (call.over) return;
  call.caller = identity.caller;
  const refusal = identity.refusalOf(asked);
  if (refusal) return refuse(call, refusal);
  if (subject === "") return run(call, identity);
  try {
    const about = identity.subject(subject, asked);
    if (about instanceof Promise) return void enterLater(entering, about);
    call.subject = about;
  } catch (error) {
    return refuse(call, ReefError.from(error));
  }
  run(call, identity);
}

async function enterLater(entering: EnteringCall, about: Promise<Caller>): Promise<void> {
  const { call, identity, run, refuse } = entering;
  try {
    call.subject = await about;
  } catch (error) {
    if (!call.over) refuse(call, ReefError.from(error));
    return;
  }
  if (!call.over) run(call, identity);
}
