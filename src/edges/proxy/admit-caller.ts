/** Whether a caller may call a method through the proxy: the doorkeeper decides, as it does for the gateway. */
import { ReefError } from "../../core/errors.ts";
import { isStream } from "../../rpc/client-call.ts";
import { type Doorkeeper, type Known, methodResource } from "../../rpc/doorkeeper.ts";
import type { Admission, Admit } from "../../rpc/grpc/proto-routes.ts";

export function admitCaller(doorkeeper: Doorkeeper, namespace: string): Admit {
  return (call, authorization) => {
    const place = { namespace, resource: methodResource(call.service, call.method) };
    function hold(known: Known): Admission {
      if (!isStream(call.kind)) return undefined;
      // Its handler runs by then, whatever a refusal before that would say.
      return doorkeeper.hold(known, place, ({ code, message, cause }) =>
        call.stop(new ReefError(code, message, { cause })),
      );
    }
    const known = doorkeeper.admit(authorization, place);
    return known instanceof Promise ? known.then(hold) : hold(known);
  };
}
