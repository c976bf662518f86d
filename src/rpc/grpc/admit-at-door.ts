/** The doorkeeper at a service's own port for callers over HTTP: `Authorization` says who they are. */
import { callerOf } from "../../core/identity.ts";
import { isStream } from "../client-call.ts";
import type { Door } from "../door.ts";
import { bearerToken, type Known } from "../doorkeeper.ts";
import type { ServerCall } from "../server-call.ts";
import type { Admission, Admit } from "./proto-routes.ts";

export function admitAtDoor(door: Door): Admit {
  function enter(call: ServerCall, known: Known): Admission {
    door.check(known, call.target);
    if (known) call.caller = callerOf(known);
    return isStream(call.kind) ? door.hold(known, call) : undefined;
  }
  return (call, { authorization }) => {
    if (authorization !== undefined) call.proof = bearerToken(authorization);
    const known = door.doorkeeper.identify(authorization);
    return known instanceof Promise
      ? known.then((found) => enter(call, found))
      : enter(call, known);
  };
}
