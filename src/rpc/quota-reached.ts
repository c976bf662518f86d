/** What is told who has reached a quota: which, how much it is, and what changes it. */
import type { QuotaName } from "../blocks/namespaces/index.ts";
import { ReefError } from "../core/errors.ts";

export interface ReachedQuota {
  readonly namespace: string;
  readonly quota: QuotaName;
  readonly limit: number;
  /** When the same would not be refused any more; absent: when somebody has changed something. */
  readonly retryAfterMs?: number;
}

const words: { readonly [quota in QuotaName]: { readonly flag: string; readonly of: string } } = {
  services: { flag: "services", of: "services" },
  keys: { flag: "keys", of: "keys in its store" },
  bytes: { flag: "bytes", of: "bytes in its store" },
  callsPerSecond: { flag: "calls-per-second", of: "calls a second" },
};

/** @param what `Cannot <what>: ...` */
export function quotaReached(what: string, reached: ReachedQuota): ReefError {
  const { namespace, quota, limit, retryAfterMs } = reached;
  const { flag, of } = words[quota];
  const change = `"reef namespace change ${namespace} --${flag} N" changes it`;
  const next =
    retryAfterMs === undefined ? change : `try again in ${retryAfterMs} ms, or ${change}`;
  const text = `Cannot ${what}: the namespace "${namespace}" has a quota of ${limit} ${of}; ${next}`;
  return new ReefError("resource_exhausted", text, {
    reason: "quota",
    domain: "namespaces",
    data: { namespace, quota, limit, ...(retryAfterMs !== undefined && { retryAfterMs }) },
    maybeExecuted: false,
  });
}
