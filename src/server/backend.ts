/** The server that `--backend` names, and what is put on it. */
import { ReefError } from "../core/errors.ts";
import { localProfile, type Profile } from "./profile.ts";

/**
 * The profile of a platform on this backend; its URL is no part of it, because a profile may be shown.
 * @throws {ReefError} `invalid_argument`; the text shows nothing of what was given, because it may be a password
 */
export function profileOn(backend: string | undefined): Profile {
  if (backend === undefined) return localProfile;
  if (/^postgres(ql)?:\/\//.test(backend)) {
    return {
      ...localProfile,
      name: "postgres",
      store: { ...localProfile.store, driver: "postgres" },
    };
  }
  throw new ReefError(
    "invalid_argument",
    "Cannot use this backend: it must be a URL that begins with postgres://, as in postgres://user@127.0.0.1:5432/reef",
    { maybeExecuted: false },
  );
}
