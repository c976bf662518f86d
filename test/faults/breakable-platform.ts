/** A platform in a process of its own that is ended at once and started again, and the connections of its clients. */
import type { Table } from "../../src/blocks/store/index.ts";
import { openPlatform } from "../../src/framework/platform.ts";
import { startPlatform, type Underway } from "../test-command.ts";

export class BreakablePlatform implements AsyncDisposable {
  readonly state: string;
  readonly #args: readonly string[];
  #process: Underway | undefined;

  /** @param args of `reef server`, behind its state folder and its port */
  constructor(state: string, args: readonly string[] = []) {
    this.state = state;
    this.#args = args;
  }

  get pid(): number {
    return this.#process?.child.pid ?? 0;
  }

  /** @throws what it printed, when it ended instead */
  async start(): Promise<void> {
    this.#process = await startPlatform(this.state, this.#args);
  }

  /** As a person or an init system stops it. */
  async stop(): Promise<void> {
    await this.#process?.[Symbol.asyncDispose]();
    this.#process = undefined;
  }

  /** As a crash does: kill -9. */
  async kill(): Promise<void> {
    this.#process?.child.kill("SIGKILL");
    await this.#process?.finished;
    this.#process = undefined;
  }

  /** It keeps nothing that its end would have to wait for. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/** Ways to one table, each over connections of its own; `stack` closes them. */
export async function openTables(
  state: string,
  { stack, count, table }: { stack: AsyncDisposableStack; count: number; table: string },
): Promise<Table[]> {
  const platforms = await Promise.all(Array.from({ length: count }, () => openPlatform({ state })));
  return platforms.map((platform) => stack.use(platform).store.table(table));
}
