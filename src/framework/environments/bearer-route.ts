/** A route to a server of gRPC on which each call says whose it is, with a token that is good when the call is made. */
import { ReefError } from "../../core/errors.ts";
import type { CredentialSource } from "../../core/identity.ts";
import type { ClientCall } from "../../rpc/client-call.ts";
import type { Route } from "../../rpc/client.ts";

export function bearerRoute(route: Route, credentials: CredentialSource | undefined): Route {
  if (!credentials) return route;
  async function sendLater(call: ClientCall, source: CredentialSource): Promise<void> {
    call.carrier = { cancel() {}, awaits: "the login was not renewed" };
    try {
      const token = await source.token();
      if (token !== undefined) {
        call.metadata = { ...call.metadata, authorization: `Bearer ${token}` };
      }
    } catch (error) {
      call.giveUp(ReefError.from(error));
      return;
    }
    call.carrier = undefined;
    if (!call.over) route.send(call);
  }
  return {
    send(call) {
      if (call.take()) void sendLater(call, credentials);
    },
  };
}
