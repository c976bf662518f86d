/** What is said when a store does not have what was written. */
import { ReefError } from "../../../../core/errors.ts";

/** The one row that a store has of itself. */
export const ownRow = "the state";

/** @throws {ReefError} `data_loss` */
export function damaged(what: string): never {
  throw new ReefError(
    "data_loss",
    `Cannot read ${what} of the store: it is damaged; restore a backup`,
  );
}
