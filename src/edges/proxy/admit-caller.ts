/** Whether a caller may call a method through the proxy: the doorkeeper decides, as it does for the gateway. */
import { ReefError } from "../../core/errors.ts";
import type { CallQuotas } from "../../rpc/call-quotas.ts";
import { isStream } from "../../rpc/client-call.ts";
import { bearerToken, type Doorkeeper } from "../../rpc/doorkeeper.ts";
import type { Visitor } from "../../rpc/doorkeeper/wrong-tokens.ts";
import type { Admit } from "../../rpc/grpc/proto-routes.ts";
import type { ServerCall } from "../../rpc/server-call.ts";

export interface AdmitCallerOptions {
  readonly type: "service" | "block";
  /** Of a service; a call of a block acts in that of its caller, or in the one that it names. */
  readonly namespace: string;
  readonly quotas?: CallQuotas | undefined;
  /** Hears where a call of a block acts, and of whom. */
  readonly acts: (call: ServerCall, namespace: string, visitor: Visitor) => void;
}

export function admitCaller(
  doorkeeper: Doorkeeper,
  { type, namespace, quotas, acts }: AdmitCallerOptions,
): Admit {
  return (call, { authorization, namespace: asked, visitor }) => {
    const resource = { type, name: call.service, endpoint: call.method };
    const known = doorkeeper.identify(authorization, visitor);
    if (known instanceof Promise) return known;
    // Also of a service nobody may name a namespace that is not his to act in.
    const acting = doorkeeper.acting(known, asked, resource);
    const place = { namespace: type === "block" ? acting : namespace, resource };
    doorkeeper.check(known, place);
    quotas?.check(acting);
    if (type === "block") acts(call, acting, visitor);
    if (known && authorization !== undefined) call.proof = bearerToken(authorization);
    if (!isStream(call.kind)) return undefined;
    // Its handler runs by then, whatever a refusal before that would say.
    return doorkeeper.hold(known, place, ({ code, message, cause }) =>
      call.stop(new ReefError(code, message, { cause })),
    );
  };
}
