/** The logs of all services, a file for each; open as long as somebody runs the service or reads its log. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Events, EventSource } from "../../../../core/events.ts";
import { LogFile, type LogFileOptions } from "./log-file.ts";
import type { QualifiedName } from "./qualified-name.ts";

/** The right to use an open log. */
export interface OpenLog extends Disposable {
  readonly owner: QualifiedName;
  readonly file: LogFile;
}

export class LogFolder {
  readonly #folder: string;
  readonly #options: LogFileOptions;
  readonly #open = new Map<string, { readonly file: LogFile; users: number }>();
  readonly #changed = new EventSource<void>();

  constructor(folder: string, options: LogFileOptions) {
    this.#folder = folder;
    this.#options = options;
  }

  /** Tells that some log has grown. */
  get changed(): Events<void> {
    return this.#changed;
  }

  /** Names are safe in paths: `checkName` has seen them. */
  path(owner: QualifiedName): string {
    return join(this.#folder, owner.namespace, `${owner.name}.log`);
  }

  /** Whether the service has ever written here. */
  has(owner: QualifiedName): boolean {
    return existsSync(this.path(owner));
  }

  open(owner: QualifiedName): OpenLog {
    const path = this.path(owner);
    const entry = this.#open.get(path) ?? this.#make(path);
    entry.users++;
    let released = false;
    return {
      owner,
      file: entry.file,
      [Symbol.dispose]: () => {
        if (released) return;
        released = true;
        if (--entry.users > 0) return;
        this.#open.delete(path);
        entry.file[Symbol.dispose]();
      },
    };
  }

  #make(path: string): { readonly file: LogFile; users: number } {
    const file = new LogFile(path, this.#options);
    file.grown.on(() => this.#changed.emit());
    const entry = { file, users: 0 };
    this.#open.set(path, entry);
    return entry;
  }
}
