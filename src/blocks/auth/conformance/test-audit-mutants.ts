/** Auths whose log breaks one promise each, with the case that catches each. */
import type { Mutant } from "../../../testing/mutants.ts";
import type { AuthChange } from "./test-changed-auth.ts";

export const auditMutants: readonly Mutant<AuthChange>[] = [
  {
    breaks: "audit() has the oldest first",
    caught: "audit() says what happened, the newest first",
    change: {
      realm: (honest) => ({
        audit: async () => ({ items: (await honest.audit()).items.toReversed() }),
      }),
    },
  },
  {
    breaks: "audit() names nobody",
    caught: "audit() names who it was, where somebody acts",
    change: { auth: (honest) => ({ realm: (namespace) => honest.realm(namespace) }) },
  },
  {
    breaks: "rotateKeys() does not say who asked for it",
    caught: "rotateKeys() is in the audit of the home, with who asked for it",
    change: {
      auth: (honest) => ({ rotateKeys: ({ signal } = {}) => honest.rotateKeys({ signal }) }),
    },
  },
  {
    breaks: "report() does not say which door it was",
    caught:
      "report() adds to the audit of its namespace what a door has decided, in the name of the door",
    change: {
      auth: (honest) => ({
        realm: (namespace, by) => ({
          ...honest.realm(namespace, by),
          report: (reports) => honest.realm(namespace).report(reports),
        }),
      }),
    },
  },
  {
    breaks: "report() forgets on whose behalf it was",
    caught:
      "report() keeps on whose behalf a service called, and audit() finds it by that account, too",
    change: {
      realm: (honest) => ({
        report: (reports) =>
          honest.report(reports.map(({ event, subject, timeMs }) => ({ event, subject, timeMs }))),
      }),
    },
  },
  {
    breaks: "report() believes any time",
    caught: "report() lets no door write of another time",
    change: {
      realm: (honest) => ({
        audit: async () => {
          const { items } = await honest.audit();
          return { items: items.map((entry) => ({ ...entry, timeMs: entry.sinceMs ?? 0 })) };
        },
      }),
    },
  },
  {
    breaks: "audit() has the last of each page again in the next",
    caught: "audit() has pages of what was written and reported, in one order, each entry once",
    change: {
      realm: (honest) => ({
        async audit(options) {
          const { items, ...rest } = await honest.audit(options);
          return { ...rest, items: [...items, ...items.slice(-1)] };
        },
      }),
    },
  },
  {
    breaks: "audit() does not look at what is wanted",
    caught:
      "audit() gives what is wanted: of an account, a resource, a time, or only what was refused",
    change: { realm: (honest) => ({ audit: ({ cursor } = {}) => honest.audit({ cursor }) }) },
  },
];
