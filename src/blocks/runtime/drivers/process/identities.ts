/** Who a service is to the rest of the platform: the runtime sees to it that each has a file that says so. */
import type { QualifiedName } from "./qualified-name.ts";

export interface Identities {
  /**
   * The path of a file that proves who the service is, kept up to date until `end`; asking again changes nothing.
   * @throws {ReefError} `unavailable` while nobody can say it; `failed_precondition` when the account is disabled
   */
  begin(owner: QualifiedName): Promise<string>;
  /** The same for a service that runs already and knows its file: as soon as it can be done. */
  resume(owner: QualifiedName): void;
  /** Its file is gone, and what was in it worth nothing. */
  end(owner: QualifiedName): Promise<void>;
  /** Ends what an earlier runtime has left of all others. */
  keepOnly(owners: readonly QualifiedName[]): Promise<void>;
}
