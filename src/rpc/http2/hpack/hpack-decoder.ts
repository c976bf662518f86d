/** Reads the header blocks of one connection (RFC 7541), within limits, and the same block only once. */
import { BlockReader } from "./block-reader.ts";
import { BytesCache } from "./bytes-cache.ts";
import { DynamicTable, fieldOverheadBytes } from "./dynamic-table.ts";
import { HpackError } from "./hpack-error.ts";
import { staticEnd, staticNames, staticValues } from "./static-table.ts";

export interface HpackLimits {
  /** What the peer may use of a table before it is told otherwise: HTTP/2 begins with 4_096. */
  readonly tableBytes: number;
  /** A list as HTTP/2 counts it, each field with 32 bytes beside its text. */
  readonly listBytes: number;
  /** Fields of one list. */
  readonly headersMax: number;
}

/** What one block says. The same object comes again for the same block: nobody may change its fields. */
export interface HeaderList<Memo> {
  /** Name, value, name, value; a character is a byte. None in a list over the limits. */
  readonly fields: readonly string[];
  /** As HTTP/2 counts them. */
  readonly listBytes: number;
  /** More than `listBytes` or `headersMax`. */
  readonly tooLarge: boolean;
  /** What the reader has made of the fields, for the next time. */
  memo: Memo | undefined;
}

const noFields: readonly string[] = Object.freeze([]);

/** The smallest size that was meant, and the one that counts (RFC 7541, 4.2). */
const sizeUpdatesMax = 2;

/** What a caller has in use at once: a few methods, each with and without metadata. At most 32 KiB of blocks. */
const blockCache = { slots: 32, bytesMax: 1_024 };

export class HpackDecoder<Memo> {
  readonly #limits: HpackLimits;
  readonly #table: DynamicTable;
  readonly #cache = new BytesCache<HeaderList<Memo>>(blockCache);
  readonly #reader = new BlockReader();
  #tableBytes: number;

  // Of the block that is being read.
  #fields: string[] = [];
  #count = 0;
  #listBytes = 0;
  #tooLarge = false;
  /** Whether what it means, or what comes after it, depends on the table. */
  #usesTable = false;

  constructor(limits: HpackLimits) {
    this.#limits = limits;
    this.#table = new DynamicTable(limits.tableBytes);
    this.#tableBytes = limits.tableBytes;
  }

  /**
   * The peer has confirmed a smaller table. What counts is what it does: it shrinks its table when it says so in a
   * block. RFC 9113 (4.3.1) would have us close the connection if that is not the next one; but peers without a table
   * leave it out (HAProxy), others have never heard of the setting (Go before 1.19), and both can be read.
   */
  setTableBytes(tableBytes: number): void {
    this.#tableBytes = Math.min(tableBytes, this.#limits.tableBytes);
  }

  /**
   * Reads the whole block, also one over the limits, so that the table stays that of the peer.
   * @throws {HpackError} after which nothing can be read any more
   */
  decode(block: Buffer, start = 0, end: number = block.length): HeaderList<Memo> {
    const known = this.#cache.find(block, start, end);
    if (known) return known;
    const reader = this.#reader;
    reader.open(block, start, end);
    this.#fields = [];
    this.#count = 0;
    this.#listBytes = 0;
    this.#tooLarge = false;
    this.#usesTable = false;
    this.#readSizeUpdates();
    while (!reader.isAtEnd) this.#readField();
    reader.close();
    const tooLarge = this.#tooLarge;
    const fields = tooLarge ? noFields : this.#fields;
    const list = { fields, listBytes: this.#listBytes, tooLarge, memo: undefined };
    if (!this.#usesTable) this.#cache.add(block, start, end, list);
    return list;
  }

  #readSizeUpdates(): void {
    const reader = this.#reader;
    for (let updates = 0; !reader.isAtEnd && (reader.peek() & 0xe0) === 0x20; updates += 1) {
      if (updates === sizeUpdatesMax) {
        throw new HpackError("the table changes its size at most twice in a block, not more often");
      }
      const bytes = reader.readInteger(5);
      if (bytes > this.#tableBytes) {
        throw new HpackError(`a table has at most ${this.#tableBytes} bytes, not ${bytes}`);
      }
      this.#table.resize(bytes);
      this.#usesTable = true;
    }
  }

  #readField(): void {
    const reader = this.#reader;
    const first = reader.peek();
    if (first >= 0x80) {
      const index = reader.readInteger(7);
      this.#take(this.#nameAt(index), this.#valueAt(index));
    } else if (first >= 0x40) {
      this.#readAdded(reader.readInteger(6));
    } else if (first >= 0x20) {
      throw new HpackError("the table changes its size before the first field, not behind it");
    } else {
      this.#readLiteral(reader.readInteger(4));
    }
  }

  /** A field that is added to the table. */
  #readAdded(nameIndex: number): void {
    // In a table of no size nothing is added and nothing lost.
    if (this.#table.maxBytes === 0) return this.#readLiteral(nameIndex);
    this.#usesTable = true;
    const name = nameIndex === 0 ? this.#reader.readText() : this.#nameAt(nameIndex);
    const value = this.#reader.readText();
    this.#table.add(name, value);
    this.#take(name, value);
  }

  #readLiteral(nameIndex: number): void {
    if (this.#tooLarge) {
      if (nameIndex === 0) this.#reader.skipText();
      else this.#nameAt(nameIndex);
      return this.#reader.skipText();
    }
    const name = nameIndex === 0 ? this.#reader.readText() : this.#nameAt(nameIndex);
    this.#take(name, this.#reader.readText());
  }

  #take(name: string, value: string): void {
    if (this.#tooLarge) return;
    this.#count += 1;
    this.#listBytes += name.length + value.length + fieldOverheadBytes;
    if (this.#count <= this.#limits.headersMax && this.#listBytes <= this.#limits.listBytes) {
      this.#fields.push(name, value);
      return;
    }
    this.#tooLarge = true;
    this.#fields = [];
  }

  #nameAt(index: number): string {
    return index < staticEnd
      ? this.#static(staticNames, index)
      : this.#table.name(this.#ageOf(index));
  }

  #valueAt(index: number): string {
    return index < staticEnd
      ? this.#static(staticValues, index)
      : this.#table.value(this.#ageOf(index));
  }

  #static(texts: readonly string[], index: number): string {
    if (index === 0) throw new HpackError("the fields of a table begin with number 1, not 0");
    return texts[index] as string;
  }

  #ageOf(index: number): number {
    const age = index - staticEnd;
    if (age >= this.#table.length) {
      throw new HpackError(
        `the table ends with number ${staticEnd - 1 + this.#table.length}, before ${index}`,
      );
    }
    this.#usesTable = true;
    return age;
  }
}
