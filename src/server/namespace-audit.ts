/** Who has made, changed or ended a namespace is in the audit of the home, and in its own as long as it is there. */
import type { Auth } from "../blocks/auth/index.ts";
import type { NamespaceChanged } from "../blocks/namespaces/service.ts";
import { type AuditReport, nameIn } from "../core/audit.ts";
import { systemClock } from "../core/clock.ts";
import { ReefError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { homeNamespace } from "../core/namespace-access.ts";

export function namespaceAudit(
  auth: Pick<Auth, "realm">,
  log: Pick<Logger, "error">,
): NamespaceChanged {
  return async (caller, what, name) => {
    const event = `namespace ${what}` as const;
    const timeMs = Math.floor(systemClock.wallMs());
    const reports: AuditReport[] = [{ event, subject: name, timeMs }];
    const where = what === "deleted" ? [homeNamespace] : [homeNamespace, name];
    for (const namespace of new Set(where)) {
      const known = caller.kind === "anonymous" ? undefined : caller;
      try {
        // oxlint-disable-next-line no-await-in-loop -- there are two
        await auth.realm(namespace, known && nameIn(namespace, known)).report(reports);
      } catch (error) {
        // It is done, and its caller must not hear otherwise.
        const { code, message } = ReefError.from(error);
        log.error("The audit lacks a change of a namespace", { event, name, code, message });
      }
    }
  };
}
