/** A platform in processes of its own that is ended at once and started again, and the connections of its clients. */
import type { Table } from "../../src/blocks/store/index.ts";
import { openPlatform } from "../../src/framework/platform.ts";
import { startReef, type Underway } from "../test-command.ts";

export interface PlatformOptions {
  /** The store has a process of its own, and it is the one that is killed, while the platform lives. @default false */
  readonly storeAlone?: boolean;
}

export class BreakablePlatform implements AsyncDisposable {
  readonly state: string;
  readonly #storeAlone: boolean;
  #platform: Underway | undefined;
  #store: Underway | undefined;

  constructor(state: string, { storeAlone = false }: PlatformOptions = {}) {
    this.state = state;
    this.#storeAlone = storeAlone;
  }

  /** Of the process that keeps the store. */
  get pid(): number {
    return (this.#store ?? this.#platform)?.child.pid ?? 0;
  }

  /** Starts what does not run, and does not wait for it. */
  begin(): void {
    const state = ["--state", this.state];
    if (this.#storeAlone) this.#store ??= startReef(["service", "store", ...state]);
    const exclude = this.#storeAlone ? ["--exclude", "store"] : [];
    this.#platform ??= startReef(["server", "--port", "0", ...state, ...exclude]);
  }

  /** Resolves when all is ready. @throws what it printed, when it ended instead */
  async start(): Promise<void> {
    this.begin();
    await this.#store?.printed(/store is ready/);
    await this.#platform?.printed(/open {2}http:/);
  }

  /** As a person or an init system stops it. */
  async stop(): Promise<void> {
    await this.#platform?.[Symbol.asyncDispose]();
    await this.#store?.[Symbol.asyncDispose]();
    this.#platform = undefined;
    this.#store = undefined;
  }

  /** As a crash does: kill -9 of the process that keeps the store. */
  async kill(): Promise<void> {
    if (this.#storeAlone) this.#store = await killed(this.#store);
    else this.#platform = await killed(this.#platform);
  }

  /** It keeps nothing that its end would have to wait for. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#platform = await killed(this.#platform);
    this.#store = await killed(this.#store);
  }
}

async function killed(running: Underway | undefined): Promise<undefined> {
  running?.child.kill("SIGKILL");
  await running?.finished;
}

/** Ways to one table, each over connections of its own; `stack` closes them. */
export async function openTables(
  state: string,
  { stack, count, table }: { stack: AsyncDisposableStack; count: number; table: string },
): Promise<Table[]> {
  const platforms = await Promise.all(Array.from({ length: count }, () => openPlatform({ state })));
  return platforms.map((platform) => stack.use(platform).store.table(table));
}
