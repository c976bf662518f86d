/** Auths that break one promise about exchanged tokens each, with the case that catches each. */
import type { Mutant } from "../../../testing/mutants.ts";
import type { Auth } from "../index.ts";
import type { AuthChange } from "./test-changed-auth.ts";

const free =
  "exchange() of a free token is good for one service alone, for no longer and with no more";
const bound =
  "exchange() of a bound token says on whose behalf its service acts, and gives nobody else anything";
const ended = "exchange() gives nothing for a token that has ended, or is none";

export const exchangeMutants: readonly Mutant<AuthChange>[] = [
  {
    breaks: "exchange() gives back what it was given",
    caught: free,
    change: exchange(() => async (token) => ({ token, expiresMs: 0 })),
  },
  {
    breaks: "exchange() takes any name",
    caught: free,
    change: exchange(
      (honest) => (token, audience, options) =>
        honest.exchange(token, /^[a-z]+$/.test(audience) ? audience : "trip", options),
    ),
  },
  {
    breaks: "exchange() believes everybody to be whom the token is bound to",
    caught: bound,
    change: exchange((honest) => (token, audience, options) => {
      const [, claims = ""] = token.split(".");
      const { aud } = JSON.parse(Buffer.from(claims, "base64url").toString()) as { aud?: string };
      const actor = { account: `service:${aud}`, namespace: "default" };
      return honest.exchange(token, audience, { ...options, actor });
    }),
  },
  {
    breaks: "exchange() looks at the name of who asks, and not at its namespace",
    caught: bound,
    change: exchange((honest) => (token, audience, { actor } = {}) => {
      const home = actor && { ...actor, namespace: "default" };
      return honest.exchange(token, audience, { actor: home });
    }),
  },
  {
    breaks: "exchange() does not look whether the token has ended",
    caught: ended,
    change: exchange(
      (honest) => (token, audience, options) =>
        honest
          .exchange(token, audience, options)
          .catch((error: { code: string }) =>
            error.code === "unauthenticated" ? { token, expiresMs: 0 } : Promise.reject(error),
          ),
    ),
  },
];

function exchange(change: (honest: Auth) => Auth["exchange"]): AuthChange {
  return { auth: (honest) => ({ exchange: change(honest) }) };
}
