/** The processes of one service: started or found, and written down before and after. */
import type { Clock } from "../../../../core/clock.ts";
import type { ParsedSpec } from "../../contract.ts";
import type { FoundProcess } from "./adoption.ts";
import type { Expectations } from "./expectations.ts";
import type { KeptRecord } from "./kept-record.ts";
import type { ProcessMaker, ProcessPlan } from "./process-maker.ts";
import type { Program, ProgramSurroundings } from "./program.ts";
import type { ServiceOutput } from "./service-output.ts";
import type { ServiceProcess } from "./service-process.ts";
import type { ProcessRecord } from "./service-record.ts";

export interface ServiceProcessesOptions extends ProgramSurroundings {
  readonly record: KeptRecord;
  readonly output: ServiceOutput;
  readonly expectations: Expectations;
  readonly maker: ProcessMaker;
  readonly clock: Clock;
  readonly newInstance: () => string;
  /** Of a start that nobody waits for. */
  readonly readyTimeoutMs: number;
}

export class ServiceProcesses {
  readonly #options: ServiceProcessesOptions;
  readonly #live = new Set<ServiceProcess>();

  constructor(options: ServiceProcessesOptions) {
    this.#options = options;
  }

  /**
   * Starts one; what becomes of it is for its caller, who writes it down by `note` before it is there.
   * @throws whatever `note` throws; then nothing is started
   */
  async launch(
    program: Program,
    spec: ParsedSpec,
    note: (record: ProcessRecord) => Promise<void>,
  ): Promise<ServiceProcess> {
    const { clock, newInstance, output, maker, record: kept } = this.#options;
    const identity = await maker.identity(kept.value);
    const record = {
      instance: newInstance(),
      startedAt: new Date(clock.wallMs()),
      variables: (await program.prepare?.()) ?? {},
    };
    await note(record);
    return this.#open({ record, outputFrom: output.begin(record), spec, program, identity });
  }

  /** One that runs already becomes the present one of the record. */
  adopt(found: FoundProcess, program: Program | undefined): ServiceProcess {
    const { record: kept, output, clock, maker } = this.#options;
    maker.resumeIdentity(kept.value);
    const { present, spec } = kept.value;
    const { instance, pid, startTime, bootId } = found;
    const known = present?.instance === instance ? present : undefined;
    const { startedAt = new Date(clock.wallMs()), variables = {} } = known ?? {};
    const record = { instance, startedAt, variables, pid, startTime, bootId };
    kept.change({ present: record });
    return this.#open({ record, found, outputFrom: output.find(record), spec, program });
  }

  stopAll(): void {
    for (const each of this.#live) each.stop();
  }

  /** Settles when none of them is left. */
  async allOver(): Promise<void> {
    await Promise.all([...this.#live].map((each) => each.over));
  }

  #open(plan: Omit<ProcessPlan, "namespace" | "name" | "logPath">): ServiceProcess {
    const { record, output, expectations, maker } = this.#options;
    const { namespace, name } = record.value;
    const process = maker.open({
      ...plan,
      namespace,
      name,
      logPath: output.path,
      onSpawn: (made) => this.#note(made),
      onNode: ({ service }) => expectations.meet(service),
    });
    this.#live.add(process);
    void process.over.then(() => this.#live.delete(process));
    return process;
  }

  /** It is there: from now on it is found by its pid. */
  #note(made: ProcessRecord): void {
    const { record } = this.#options;
    const same = ({ instance }: ProcessRecord) => instance === made.instance;
    const { present, others } = record.value;
    if (present && same(present)) record.change({ present: made });
    else record.change({ others: others.map((each) => (same(each) ? made : each)) });
  }
}
