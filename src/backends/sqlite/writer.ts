/**
 * The main thread's end of the writer: a bounded queue of units. While the disk is busy the next batch gathers, so the
 * busier it is, the more units share a commit.
 */
import { once } from "node:events";
import { basename } from "node:path";
import { Worker } from "node:worker_threads";
import { errorFromData, ReefError } from "../../core/errors.ts";
import { type FlatInput, packUnits, unpackOutputs, weightOf } from "./pack-units.ts";
import type { ShippedError, WriterReply, WriterRequest, WriterSetup } from "./protocol.ts";
import { threadUrl } from "./thread-url.ts";

/** A unit that is on disk: what was asked, and what came of it. */
export interface Committed {
  readonly name: string;
  readonly input: FlatInput;
  readonly output: unknown;
}

export interface WriterEvents {
  /** One commit: its units in their order, before their writers are told. */
  readonly onCommit: (units: readonly Committed[]) => void;
  /** The file may not be used any more. */
  readonly onDamage: (error: ReefError) => void;
  /** All that was accepted is answered, and the thread is about to close the file: it has to be the last one. */
  readonly onDrained: () => void;
}

export interface WriterLimits {
  /** Units that wait or are on their way; more fail with `resource_exhausted`. @default 10_000 */
  readonly queueUnitsMax?: number;
  /** Bytes of their inputs. @default 64 MiB */
  readonly queueBytesMax?: number;
}

export interface WriterStats {
  /** Commits that are on disk; `units` divided by it is how many shared one. */
  readonly commits: number;
  readonly units: number;
  readonly failedUnits: number;
  /** Not answered yet. */
  readonly queuedUnits: number;
  readonly queuedBytes: number;
}

interface Waiting {
  readonly name: string;
  readonly input: FlatInput;
  readonly bytes: number;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (output: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** One commit should not take longer than a few fsyncs: the last unit waits for all of it. */
const unitsPerCommitMax = 1_000;

/** One that the thread works on, and one that it finds when it is through; whatever comes meanwhile shares the next. */
const requestsUnderwayMax = 2;

export class QueuedWriter implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #database: string;
  readonly #events: WriterEvents;
  readonly #queueUnitsMax: number;
  readonly #queueBytesMax: number;
  #waiting: Waiting[] = [];
  /** What the thread was asked, in its order. */
  readonly #underway: ((reply: WriterReply) => void)[] = [];
  /** What it was asked last is to be done before anything else is asked. */
  #isAlone = false;
  /** A restore that waits for its turn: units behind it wait too. */
  #restore: { readonly from: string; readonly settle: PromiseWithResolvers<void> } | undefined;
  #flushing = false;
  #closing: PromiseWithResolvers<void> | undefined;
  /** Why nothing can be written any more. */
  #ended: ReefError | undefined;
  readonly #stats = { commits: 0, units: 0, failedUnits: 0, queuedUnits: 0, queuedBytes: 0 };

  constructor(worker: Worker, database: string, limits: WriterLimits, events: WriterEvents) {
    const { queueUnitsMax = 10_000, queueBytesMax = 64 * 1024 * 1024 } = limits;
    this.#worker = worker;
    this.#database = database;
    this.#events = events;
    this.#queueUnitsMax = queueUnitsMax;
    this.#queueBytesMax = queueBytesMax;
    worker.on("message", (reply: WriterReply) => this.#hear(reply));
    worker.on("error", (cause) => this.#die(cause));
    worker.on("exit", () => this.#die(undefined));
  }

  get stats(): WriterStats {
    return { ...this.#stats };
  }

  async write(name: string, input: FlatInput, signal: AbortSignal | undefined): Promise<unknown> {
    signal?.throwIfAborted();
    this.#refuseWhenEnded();
    const bytes = weightOf(input);
    this.#refuseWhenFull(bytes);
    this.#stats.queuedUnits += 1;
    this.#stats.queuedBytes += bytes;
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting.push({ name, input, bytes, signal, resolve, reject });
        this.#flushSoon();
      });
    } finally {
      this.#stats.queuedUnits -= 1;
      this.#stats.queuedBytes -= bytes;
    }
  }

  /** After what was accepted before, and before what comes later. */
  async restore(from: string): Promise<void> {
    this.#refuseWhenEnded();
    if (this.#restore !== undefined) {
      throw new ReefError(
        "failed_precondition",
        `Cannot restore database "${this.#database}": another restore is under way; wait for it`,
      );
    }
    this.#restore = { from, settle: Promise.withResolvers() };
    this.#flushSoon();
    await this.#restore.settle.promise;
  }

  /** Nothing more is written: a damaged file would only become worse. */
  end(error: ReefError): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
    this.#restore?.settle.reject(error);
    this.#restore = undefined;
  }

  /** Settles when all that was accepted is answered and the thread is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing !== undefined) return this.#closing.promise;
    this.#closing = Promise.withResolvers();
    this.#flushSoon();
    return this.#closing.promise;
  }

  #refuseWhenEnded(): void {
    if (this.#ended !== undefined) throw this.#ended;
    if (this.#closing !== undefined) throw closedError(this.#database);
  }

  #refuseWhenFull(bytes: number): void {
    const { queuedUnits, queuedBytes } = this.#stats;
    if (queuedUnits < this.#queueUnitsMax && queuedBytes + bytes <= this.#queueBytesMax) return;
    throw new ReefError(
      "resource_exhausted",
      `Cannot write to database "${this.#database}": ${queuedUnits} units of ${queuedBytes} bytes wait already, the ` +
        `limits are ${this.#queueUnitsMax} and ${this.#queueBytesMax}; try again later`,
      { maybeExecuted: false },
    );
  }

  /** At the end of this turn, so that all who write in one turn share a commit. */
  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    while (this.#waiting.length > 0 && this.#underway.length < requestsUnderwayMax) {
      if (this.#isAlone) return;
      const batch = this.#nextBatch();
      if (batch.length === 0) continue;
      const units = packUnits(batch);
      this.#send({ kind: "units", units }, (reply) => this.#settle(batch, reply), [
        units.bytes.buffer,
      ]);
    }
    if (this.#underway.length > 0) return;
    if (this.#restore !== undefined) {
      const { from, settle } = this.#restore;
      this.#isAlone = true;
      this.#send({ kind: "restore", from }, (reply) => {
        this.#restore = undefined;
        if (reply.kind === "failed") settle.reject(arrivedError(reply.error));
        else settle.resolve();
      });
    } else if (this.#closing !== undefined) {
      this.#isAlone = true;
      this.#events.onDrained();
      this.#send({ kind: "close" }, () => undefined);
    }
  }

  /** Those whose callers still want it. */
  #nextBatch(): Waiting[] {
    const batch: Waiting[] = [];
    for (const unit of this.#waiting.splice(0, unitsPerCommitMax)) {
      if (unit.signal?.aborted) unit.reject(unit.signal.reason);
      else batch.push(unit);
    }
    return batch;
  }

  #send(
    request: WriterRequest,
    underway: (reply: WriterReply) => void,
    handedOver: ArrayBuffer[] = [],
  ): void {
    this.#underway.push(underway);
    this.#worker.postMessage(request, handedOver);
  }

  #hear(reply: WriterReply): void {
    this.#isAlone = false;
    this.#underway.shift()?.(reply);
    if (reply.kind === "failed" && reply.damaged) this.#events.onDamage(arrivedError(reply.error));
    this.#flush();
  }

  #settle(batch: readonly Waiting[], reply: WriterReply): void {
    if (reply.kind !== "committed") {
      this.#stats.failedUnits += batch.length;
      const error = reply.kind === "failed" ? arrivedError(reply.error) : gone(this.#database);
      for (const { reject } of batch) reject(error);
      return;
    }
    const outputs = unpackOutputs(reply.outputs);
    const { failures } = reply;
    const failed = new Map(failures.map(({ index, error }) => [index, error]));
    this.#stats.commits += 1;
    this.#stats.units += batch.length - failed.size;
    this.#stats.failedUnits += failed.size;
    this.#events.onCommit(
      batch.flatMap(({ name, input }, index) =>
        failed.has(index) ? [] : [{ name, input, output: outputs[index] }],
      ),
    );
    for (const [index, { resolve, reject }] of batch.entries()) {
      const error = failed.get(index);
      if (error === undefined) resolve(outputs[index]);
      else reject(arrivedError(error));
    }
  }

  #die(cause: unknown): void {
    const error = gone(this.#database, cause);
    this.end(error);
    const failed = { ...error.toJSON(), cause };
    for (const tell of this.#underway.splice(0))
      tell({ kind: "failed", error: failed, damaged: false });
    this.#closing ??= Promise.withResolvers();
    this.#closing.resolve();
  }
}

/** Starts the thread; resolves when the file is open and up to date. */
export async function openWriterThread(setup: WriterSetup): Promise<Worker> {
  const worker = new Worker(threadUrl(new URL("./writer-thread.ts", import.meta.url)), {
    workerData: setup,
    name: `sqlite ${basename(setup.path)}`,
  });
  // Heard from here on: a thread that ends at once tells both in one breath.
  const exited = once(worker, "exit");
  // The other end is `writer-thread.ts`.
  const [reply] = (await once(worker, "message")) as [WriterReply];
  if (reply.kind !== "failed") return worker;
  await exited;
  throw arrivedError(reply.error);
}

export function closedError(database: string): ReefError {
  return new ReefError(
    "failed_precondition",
    `Cannot use database "${database}": it is closed; open it again`,
    { maybeExecuted: false },
  );
}

/** An error of another thread as it was there. */
export function arrivedError(error: ShippedError): ReefError {
  return errorFromData(error, { cause: error.cause });
}

function gone(database: string, cause?: unknown): ReefError {
  return new ReefError(
    "unavailable",
    `Cannot write to database "${database}": its writer has ended; restart the platform`,
    { cause },
  );
}
