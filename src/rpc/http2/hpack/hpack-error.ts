/** What RFC 7541 calls a decoding error: the two ends no longer agree on the table, so their connection is over. */
import { ReefError } from "../../../core/errors.ts";

export class HpackError extends ReefError {
  constructor(rule: string) {
    super("invalid_argument", `Cannot decode headers: ${rule}; their connection must be closed`);
  }
}
