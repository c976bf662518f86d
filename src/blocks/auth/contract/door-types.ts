/** What a door has to know, as `watch` tells it, and what the audit of a namespace is told by doors and says. */
import { t } from "../../../contract/builder.ts";
import { doorEvents, platformEvents, reportsMax } from "../../../core/audit.ts";

/** One word of a name of the platform: a namespace, a service, a scope, a rule. */
export const word = "[a-z]([a-z0-9-]{0,61}[a-z0-9])?";
export const wordRule = new RegExp(`^${word}$`);

const text = t.string();
const time = t.integer({ minimum: 0 });
const name = t.string({ minLength: 1, maxLength: 200 });

export const ResourceType = t.object({ type: name, name, endpoint: name });

export const RuleType = t.object({
  id: t.string({ pattern: wordRule }),
  scope: t.string({ pattern: new RegExp(`^(|\\*|\\+?${word}|\\+)$`) }),
  resource: ResourceType,
  access: t.enum(["granted", "denied"]),
  priority: t.int32(),
});

export const KeyType = t.map(t.string());

/** With each kind comes what `AuthEvent` has with it. */
export const EventType = t.object({
  kind: t.enum(["key", "rules", "revoked", "complete"]),
  issuer: text.optional(),
  key: KeyType.optional(),
  namespace: t.string({ pattern: wordRule }).optional(),
  rules: t.list(RuleType).optional(),
  session: text.optional(),
  generation: time.optional(),
  untilMs: time.optional(),
});

const counted = { sinceMs: time.optional(), calls: time.optional() };

export const AuditType = t.object({
  timeMs: time,
  event: text,
  subject: text,
  onBehalfOf: text.optional(),
  by: text.optional(),
  resource: text.optional(),
  rule: text.optional(),
  ...counted,
});

const asked = t.string({ maxLength: 512 }).optional();

/** Of a page. */
export const AuditAskedType = t.object({
  cursor: asked,
  account: asked,
  resource: asked,
  refused: t.boolean().optional(),
  sinceMs: time.optional(),
});

/** The names of a namespace and an account, or of a service and a method. */
const named = t.string({ minLength: 1, maxLength: 300 });

const ReportType = t.object({
  timeMs: time,
  event: t.enum([...doorEvents, ...platformEvents]),
  subject: named,
  onBehalfOf: named.optional(),
  resource: named.optional(),
  rule: named.optional(),
  ...counted,
});

export const ReportsType = t.object({
  reports: t.list(ReportType, { maxItems: reportsMax }),
});
