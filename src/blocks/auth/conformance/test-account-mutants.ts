/** Auths that break one promise about accounts or owners each, with the case that catches each. */
import type { Mutant } from "../../../testing/mutants.ts";
import type { Account, Realm } from "../index.ts";
import { annsSecret } from "./fixture.ts";
import type { AuthChange } from "./test-changed-auth.ts";

const made = "createAccount() makes an account that its secret logs in, and tells a random one";
const refusals =
  "createAccount() refuses an id that is taken, a bad id, bad scopes and a weak secret";
const changed =
  "changeAccount() ends the access tokens that say what it was; the next ones say what it is";
const disabled =
  "a disabled account cannot log in and its tokens are refused; enabled again it can";
const renewed = "renewSecret() ends the old secret and all sessions";
const deleted = "deleteAccount() ends all that the account had, and says whether it was there";
const nobody: Account = { id: "user:x", scopes: [], disabled: false, createdMs: 0 };

export const accountMutants: readonly Mutant<AuthChange>[] = [
  {
    breaks: "logout() takes anything, and ends nothing",
    caught:
      "logout() ends the session of a refresh token, of one that was used, too, and of no other",
    change: realm(() => ({ logout: async () => {} })),
  },
  {
    breaks: "createAccount() tells another secret than the one that logs in",
    caught: made,
    change: realm((honest) => ({
      createAccount: async (account, options) => ({
        ...(await honest.createAccount(account, options)),
        secret: annsSecret,
      }),
    })),
  },
  {
    breaks: "createAccount() says that it has made what it refuses",
    caught: refusals,
    change: realm((honest) => ({
      createAccount: (account, options) =>
        honest.createAccount(account, options).catch(() => ({ account: nobody, secret: "" })),
    })),
  },
  {
    breaks: "accounts() forgets all behind the first page",
    caught: "accounts() gives all of them in pages, in the order of their ids",
    change: realm((honest) => ({
      accounts: async (options) => ({ items: (await honest.accounts(options)).items }),
    })),
  },
  {
    breaks: "changeAccount() leaves the tokens that say what it was",
    caught: changed,
    change: realm((honest) => ({
      async changeAccount(id, { scopes = [] }) {
        const account = (await honest.account(id)) ?? nobody;
        return { ...account, scopes };
      },
    })),
  },
  {
    breaks: "disabling does nothing",
    caught: disabled,
    change: realm((honest) => ({
      changeAccount: async (id) => ({ ...((await honest.account(id)) ?? nobody), disabled: true }),
    })),
  },
  {
    breaks: "a renewed secret leaves the old one good",
    caught: renewed,
    change: realm((honest) => ({
      async renewSecret(id, options) {
        await honest.renewSecret(id, options);
        return honest.renewSecret(id, { secret: annsSecret });
      },
    })),
  },
  {
    breaks: "deleteAccount() only disables",
    caught: deleted,
    change: realm((honest) => ({
      async deleteAccount(id) {
        await honest.changeAccount(id, { disabled: true });
        return true;
      },
    })),
  },
  {
    breaks: "all namespaces have the same accounts",
    caught: "the same name in two namespaces is two accounts",
    change: { auth: (honest) => ({ realm: () => honest.realm("default") }) },
  },
  {
    breaks: "what is acknowledged is known to nobody else",
    caught: "another auth on the same place knows what this one has acknowledged",
    change: {
      auth: (honest, it) => ({
        verify: (token, audience, options) =>
          honest === it.auth
            ? honest.verify(token, audience, options)
            : honest.verify("", audience, options),
      }),
    },
  },
];

const mayLockOut = (what: string) =>
  `${what} is refused, and nothing of it is done, unless it is forced`;

export const ownerMutants: readonly Mutant<AuthChange>[] = [
  {
    breaks: "the last owner can be deleted",
    caught: mayLockOut("deleting the last owner"),
    change: realm((honest) => ({ deleteAccount: (id) => honest.deleteAccount(id, forced) })),
  },
  {
    breaks: "the last owner can be disabled",
    caught: mayLockOut("disabling the last owner"),
    change: realm((honest) => ({
      changeAccount: (id, change) => honest.changeAccount(id, change, forced),
    })),
  },
  {
    breaks: "the last owner can lose the scope",
    caught: mayLockOut("taking the scope of the last owner"),
    change: realm((honest) => ({
      changeAccount: (id, change) => honest.changeAccount(id, change, forced),
    })),
  },
  {
    breaks: "the rule of the owners can be deleted",
    caught: mayLockOut("deleting the rule that owners have their right by"),
    change: realm((honest) => ({ deleteRule: (id) => honest.deleteRule(id, forced) })),
  },
  {
    breaks: "the rule of the owners can be turned around",
    caught: mayLockOut("changing the rule that owners have their right by"),
    change: realm((honest) => ({ putRule: (rule) => honest.putRule(rule, forced) })),
  },
  {
    breaks: "a change that is forced is refused all the same",
    caught: mayLockOut("a heavier rule against owners"),
    change: realm((honest) => ({ putRule: (rule) => honest.putRule(rule) })),
  },
  {
    breaks: "two owners who delete each other are both gone",
    caught: "of two owners who delete each other at the same moment one stays",
    change: realm((honest) => ({ deleteAccount: (id) => honest.deleteAccount(id, forced) })),
  },
  {
    breaks: "nothing may be changed where there is no owner",
    caught: "where there never was an owner every change may be made",
    change: realm(() => ({ deleteAccount: async () => false })),
  },
];

const forced = { force: true };

function realm(change: (honest: Realm) => Partial<Realm>): AuthChange {
  return { realm: change };
}
