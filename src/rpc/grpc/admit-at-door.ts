/** The doorkeeper at a service's own port for callers over HTTP: `Authorization` says who they are. */
import { callerOf } from "../../core/identity.ts";
import { isStream } from "../client-call.ts";
import type { Door } from "../door.ts";
import { bearerToken } from "../doorkeeper.ts";
import type { Admit } from "./proto-routes.ts";

export function admitAtDoor(door: Door): Admit {
  return (call, { authorization, visitor }) => {
    if (authorization !== undefined) call.proof = bearerToken(authorization);
    const known = door.doorkeeper.identify(authorization, visitor);
    if (known instanceof Promise) return known;
    door.check(known, call.target);
    if (known) call.caller = callerOf(known);
    return isStream(call.kind) ? door.hold(known, call) : undefined;
  };
}
