/** Auths that break one promise about sessions, tokens or rules each, with the case that catches each. */
import type { AuthEvent } from "../../../core/identity.ts";
import { ReefError } from "../../../core/errors.ts";
import { leavable, type Mutant } from "../../../testing/mutants.ts";
import type { Auth, Tokens } from "../index.ts";
import type { AuthChange } from "./test-changed-auth.ts";

const noTokens: Tokens = { accessToken: "", refreshToken: "", expiresInMs: 0 };

export const sessionMutants: readonly Mutant<AuthChange>[] = [
  {
    breaks: "login() tells which accounts there are",
    caught: "login() says the same of a wrong secret, an unknown and a disabled account",
    change: realm((honest) => ({
      login: async (id, secret) => {
        if (await honest.account(id).catch(() => undefined)) return honest.login(id, secret);
        throw new ReefError("unauthenticated", "Cannot log in: there is no such account");
      },
    })),
  },
  {
    breaks: "login() may be tried without end",
    caught:
      "login() makes who guesses wait, longer each time, and forgets it with the right secret",
    change: realm((honest, { again }, namespace) => ({
      login: (id, secret) => again().realm(namespace).login(id, secret) ?? honest,
    })),
  },
  {
    breaks: "an access token ends early",
    caught: "an access token is good until its time is over",
    change: realm((honest) => ({
      login: async (id, secret) => ({ ...(await honest.login(id, secret)), expiresInMs: 1 }),
    })),
  },
  {
    breaks: "refresh() takes a token twice",
    caught: "refresh() gives the next pair, and a token that was used ends the session for both",
    change: realm((honest) => ({
      refresh: (token) => honest.refresh(token).catch(() => honest.issue("user:ann")),
    })),
  },
  {
    breaks: "two refreshes at the same moment both get tokens",
    caught: "refresh() of one token at the same moment gives one next pair",
    change: realm((honest) => ({
      refresh: (token) => honest.refresh(token).catch(() => noTokens),
    })),
  },
  {
    breaks: "refresh() takes anything",
    caught: "refresh() refuses what is no refresh token, and a login that nobody has used for long",
    change: realm((honest) => ({
      refresh: (token) => honest.refresh(token).catch(() => noTokens),
    })),
  },
  {
    breaks: "an account may have any number of logins",
    caught: "a login more than an account may have ends its oldest one",
    change: realm((honest) => ({
      refresh: (token) => honest.refresh(token).catch(() => noTokens),
    })),
  },
  {
    breaks: "endSession() only takes it from the list",
    caught:
      "sessions() lists logins and tokens without what they are good for, and endSession() ends one",
    change: realm(() => ({ endSession: async () => true })),
  },
];

export const tokenMutants: readonly Mutant<AuthChange>[] = [
  {
    breaks: "issue() makes the account that it is asked for",
    caught: "issue() gives an account tokens without its secret",
    change: realm((honest) => ({ issue: (id) => honest.issue(id).catch(() => noTokens) })),
  },
  {
    breaks: "issue() begins a session each time",
    caught:
      "issue() goes on with a session of the account, and with none that has ended or is another's",
    change: realm((honest) => ({ issue: (id) => honest.issue(id) })),
  },
  {
    breaks: "issue() makes the account anew each time",
    caught:
      "issue() makes an account that is missing if asked to, and nobody can log in as that one",
    change: realm((honest) => ({
      issue: async (id, options) => (await honest.deleteAccount(id), honest.issue(id, options)),
    })),
  },
  {
    breaks: "createToken() gives all that the account has",
    caught: "createToken() gives no more than asked for, and never what the account has not",
    change: realm((honest) => ({
      createToken: (id, { lifetimeMs, audience } = {}) =>
        honest.createToken(id, { lifetimeMs, audience }),
    })),
  },
  {
    breaks: "an API token has no note",
    caught: "an API token is listed with its note until it expires, and refused once it is ended",
    change: realm((honest) => ({
      createToken: (id, options) => honest.createToken(id, { ...options, note: undefined }),
    })),
  },
  {
    breaks: "verify() believes what a token says",
    caught: "verify() refuses what is no token of this platform",
    change: auth((honest) => ({
      verify: (token, audience) =>
        honest.verify(token, audience).catch(() => ({
          account: "user:root",
          namespace: "default",
          scopes: [],
          session: "",
          expiresMs: 0,
        })),
    })),
  },
];

const told =
  "watch() tells keys, rules and revocations as they are, once complete, then each change";

export const ruleMutants: readonly Mutant<AuthChange>[] = [
  {
    breaks: "rules() are in no order",
    caught: "rules() are those that were put, heaviest first, until they are deleted",
    change: realm((honest) => ({ rules: async () => (await honest.rules()).toReversed() })),
  },
  {
    breaks: "explain() does not say which rule decides",
    caught: "explain() says what would become of a question and which rule says so",
    change: realm((honest) => ({
      explain: async (account, resource) => ({
        allowed: (await honest.explain(account, resource)).allowed,
      }),
    })),
  },
  {
    breaks: "watch() tells no rules",
    caught: told,
    change: auth((honest) => ({ watch: watchWithout(honest, "rules") })),
  },
  {
    breaks: "watch() tells no revocations",
    caught: told,
    change: auth((honest) => ({ watch: watchWithout(honest, "revoked") })),
  },
  {
    breaks: "watch() does not end when its signal fires",
    caught:
      "watch() ends without an error when its signal fires or it is left, and leaves nothing behind",
    change: auth((honest) => ({ watch: () => honest.watch() })),
  },
  {
    breaks: "a change goes on after a signal that has fired",
    caught: "every method rejects with the reason of a signal that has fired, and does nothing",
    change: realm((honest) => ({ putRule: (rule) => honest.putRule(rule) })),
  },
];

function watchWithout(honest: Auth, kind: AuthEvent["kind"]): Auth["watch"] {
  return ({ signal } = {}) =>
    leavable(signal, async function* (over) {
      for await (const event of honest.watch({ signal: over })) {
        if (event.kind !== kind) yield event;
      }
    });
}

function realm(change: NonNullable<AuthChange["realm"]>): AuthChange {
  return { realm: change };
}

function auth(change: (honest: Auth) => Partial<Auth>): AuthChange {
  return { auth: change };
}
