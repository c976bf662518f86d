/** The records of all services that are desired, as the store has them when a runtime begins. */
import type { Clock } from "../../../../core/clock.ts";
import { ReefError } from "../../../../core/errors.ts";
import type { Logger } from "../../../../core/log.ts";
import type { Entry, Table } from "../../../store/index.ts";
import { KeptRecord } from "./kept-record.ts";
import { joinName } from "./qualified-name.ts";
import { parseRecord, type ServiceRecord } from "./service-record.ts";

export interface DesiredServicesOptions {
  readonly table: Table;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What is found in the store. */
export interface LoadedServices {
  readonly records: readonly KeptRecord[];
  /** By `joinName`, those whose record cannot be read: it may be of a later version, and somebody has to look. */
  readonly unreadable: ReadonlySet<string>;
}

export class DesiredServices {
  readonly #options: DesiredServicesOptions;

  constructor(options: DesiredServicesOptions) {
    this.#options = options;
  }

  /** @throws {ReefError} `unavailable` when the store cannot be read */
  async load(): Promise<LoadedServices> {
    const records: KeptRecord[] = [];
    const unreadable = new Set<string>();
    for (let cursor: string | undefined, isFirst = true; isFirst || cursor; isFirst = false) {
      // oxlint-disable-next-line no-await-in-loop -- page by page
      const page = await this.#options.table.list({ cursor });
      for (const entry of page.items) {
        const record = this.#read(entry);
        if (record) records.push(this.#keep(record, entry.revision));
        else unreadable.add(Buffer.from(entry.key).toString());
      }
      cursor = page.cursor;
    }
    return { records, unreadable };
  }

  /** A record of a service that is new; `change` or `kept` writes it. */
  add(record: ServiceRecord): KeptRecord {
    const kept = this.#keep(record, undefined);
    kept.change({});
    return kept;
  }

  #keep(record: ServiceRecord, revision: number | undefined): KeptRecord {
    const { table, clock, log } = this.#options;
    const key = joinName(record);
    return new KeptRecord(record, { table, key, clock, log, revision });
  }

  /** One that cannot be read is left as it is, and so is its process. */
  #read({ key, value }: Entry): ServiceRecord | undefined {
    try {
      return parseRecord(Buffer.from(value).toString());
    } catch (thrown) {
      const { message } = ReefError.from(thrown);
      const text = "A desired service is left alone: its record cannot be read";
      this.#options.log.error(text, { key: Buffer.from(key).toString(), message });
      return undefined;
    }
  }
}
