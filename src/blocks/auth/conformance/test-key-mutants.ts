/** Auths that break one promise about their keys each, with the case that catches each. */
import type { Mutant } from "../../../testing/mutants.ts";
import type { AuthChange } from "./test-changed-auth.ts";

export const keyMutants: readonly Mutant<AuthChange>[] = [
  {
    breaks: "keys() tells a private key",
    caught: "keys() are all that a program needs to check a token, and hold nothing to make one",
    change: auth((honest) => ({
      async keys() {
        const { keys, uses } = await honest.keys();
        return { keys: keys.map((key) => ({ ...key, d: "" })), uses };
      },
    })),
  },
  {
    breaks: "rotateKeys() does nothing",
    caught: "rotateKeys() publishes the new key before it signs, and old tokens stay good",
    change: auth(() => ({ rotateKeys: async () => {} })),
  },
  {
    breaks: "rotateKeys() does not look how old the keys are",
    caught:
      "rotateKeys() of keys that are not old makes none, and one in good time before they are",
    change: auth((honest) => ({ rotateKeys: ({ signal } = {}) => honest.rotateKeys({ signal }) })),
  },
  {
    breaks: "an old key stays for ever",
    caught:
      "an old key is published until the last token that it signed has expired, and no longer",
    change: auth((honest) => ({
      rotateKeys: async (options) => {
        if (!options?.ifDue) await honest.rotateKeys(options);
      },
    })),
  },
  {
    breaks: "rotateKeys() makes a key for each who asks",
    caught: "rotateKeys() of old keys by several at once makes one",
    change: auth((honest) => ({
      async rotateKeys(options) {
        await honest.rotateKeys(options);
        await honest.rotateKeys();
      },
    })),
  },
];

function auth(change: NonNullable<AuthChange["auth"]>): AuthChange {
  return { auth: change };
}
