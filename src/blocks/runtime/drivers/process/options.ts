/** What the process runtime is given: the world around it, and the numbers that its owner may change. */
import type { Clock } from "../../../../core/clock.ts";
import type { Logger } from "../../../../core/log.ts";
import type { ProcessGroups } from "../../../../supervisor/process-groups.ts";
import type { Registry } from "../../../registry/index.ts";
import type { Table } from "../../../store/index.ts";
import type { Environment } from "./environment.ts";
import type { Identities } from "./identities.ts";

export interface ProcessRuntimeOptions {
  readonly registry: Registry;
  /** Where it is written down what is desired, and which process that is. Nobody else writes there. */
  readonly desired: Table;
  /** What is desired and does not run is started when this settles. @default at once */
  readonly begin?: Promise<unknown>;
  readonly log: Logger;
  /** @default services have none, and are nobody known */
  readonly identities?: Identities;
  /** Where a service finds the platform, `unix:/run/reef/control.sock`. */
  readonly platform: string;
  /** For the sockets of services; its path must be short. */
  readonly socketsFolder: string;
  readonly logsFolder: string;
  /** For compiled code. */
  readonly cacheFolder: string;
  /** The platform's own variables; a service gets a few of them. @default process.env */
  readonly environment?: Environment;
  /** @default systemClock */
  readonly clock?: Clock;
  /** @default randomUUID */
  readonly newInstance?: () => string;
  /** Where every process group is noted, so that an exit handler can end them all. */
  readonly groups: ProcessGroups;
  /** From TERM to KILL. @default 3_000 */
  readonly stopGraceMs?: number;
  /** Output that is kept of each service, twice. @default 8 MiB */
  readonly logBytesMax?: number;
}
