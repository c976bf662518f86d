/** The fields of earlier blocks that a later one may refer to: newest first, oldest out (RFC 7541, 2.3.2 and 4). */

/** What a field costs beside its text, here and in the length of a list. */
export const fieldOverheadBytes = 32;

export class DynamicTable {
  readonly #limitBytes: number;
  #maxBytes: number;
  #bytes = 0;
  /** Rings of a power of two, made for the first field: most peers never add one. */
  #names: string[] = [];
  #values: string[] = [];
  #newest = 0;
  #length = 0;

  /** `limitBytes` is the most that it ever holds. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
    this.#maxBytes = limitBytes;
  }

  get maxBytes(): number {
    return this.#maxBytes;
  }

  /** Fields in it. */
  get length(): number {
    return this.#length;
  }

  /** What no longer fits leaves. */
  resize(maxBytes: number): void {
    this.#maxBytes = Math.min(maxBytes, this.#limitBytes);
    while (this.#bytes > this.#maxBytes) this.#dropOldest();
  }

  /** Makes room first; a field that is longer than the whole table leaves it empty. */
  add(name: string, value: string): void {
    const bytes = name.length + value.length + fieldOverheadBytes;
    while (this.#length > 0 && this.#bytes + bytes > this.#maxBytes) this.#dropOldest();
    if (bytes > this.#maxBytes) return;
    if (this.#names.length === 0) {
      this.#names = Array.from({ length: ringSize(this.#limitBytes) }, () => "");
      this.#values = [...this.#names];
    }
    this.#newest = (this.#newest + 1) & (this.#names.length - 1);
    this.#names[this.#newest] = name;
    this.#values[this.#newest] = value;
    this.#length += 1;
    this.#bytes += bytes;
  }

  /** Of the field that came `age` fields before the newest; it must be in the table. */
  name(age: number): string {
    return this.#names[(this.#newest - age) & (this.#names.length - 1)] ?? "";
  }

  value(age: number): string {
    return this.#values[(this.#newest - age) & (this.#names.length - 1)] ?? "";
  }

  #dropOldest(): void {
    const oldest = (this.#newest - this.#length + 1) & (this.#names.length - 1);
    this.#bytes -= this.name(this.#length - 1).length + this.value(this.#length - 1).length;
    this.#bytes -= fieldOverheadBytes;
    this.#names[oldest] = "";
    this.#values[oldest] = "";
    this.#length -= 1;
  }
}

/** For as many fields as there can be: each costs its overhead at least. */
function ringSize(maxBytes: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, Math.floor(maxBytes / fieldOverheadBytes))));
}
