/** Whether a caller may call a method through the proxy: the doorkeeper decides, as it does for the gateway. */
import { ReefError } from "../../core/errors.ts";
import { isStream } from "../../rpc/client-call.ts";
import type { Doorkeeper, Known } from "../../rpc/doorkeeper.ts";
import { actingNamespace } from "../../rpc/doorkeeper/acting-namespace.ts";
import type { Admission, Admit } from "../../rpc/grpc/proto-routes.ts";
import type { ServerCall } from "../../rpc/server-call.ts";

export interface AdmitCallerOptions {
  readonly type: "service" | "block";
  /** Of a service; a call of a block acts in that of its caller, or in the one that it names. */
  readonly namespace: string;
  /** Hears where a call of a block acts. */
  readonly acts: (call: ServerCall, namespace: string) => void;
}

export function admitCaller(
  doorkeeper: Doorkeeper,
  { type, namespace, acts }: AdmitCallerOptions,
): Admit {
  return (call, { authorization, namespace: asked }) => {
    const resource = { type, name: call.service, endpoint: call.method };
    function admit(known: Known): Admission {
      const acting = type === "block" ? actingNamespace(known, asked, resource) : namespace;
      const place = { namespace: acting, resource };
      doorkeeper.check(known, acting, resource);
      if (type === "block") acts(call, acting);
      if (!isStream(call.kind)) return undefined;
      // Its handler runs by then, whatever a refusal before that would say.
      return doorkeeper.hold(known, place, ({ code, message, cause }) =>
        call.stop(new ReefError(code, message, { cause })),
      );
    }
    const known = doorkeeper.identify(authorization);
    return known instanceof Promise ? known.then(admit) : admit(known);
  };
}
