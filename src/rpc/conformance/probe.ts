/** The service that the cases call: one method of each kind, with everything that a message can hold. */
import { t } from "../../contract/builder.ts";
import { contract } from "../../contract/contract.ts";
import { method, notify, stream } from "../../contract/method.ts";
import { lockNumbers } from "../../contract/numbers/lock-numbers.ts";
import type { Handlers } from "../service.ts";

const Numbered = t.object({ n: t.int32() });

export const Everything = t.object({
  text: t.string(),
  flag: t.boolean(),
  small: t.int32(),
  whole: t.integer(),
  big: t.int64(),
  real: t.number(),
  raw: t.bytes(),
  when: t.timestamp(),
  list: t.list(t.object({ n: t.int32() })),
  map: t.map(t.string()),
  maybe: t.string().optional(),
  chosen: t.string().default("by default"),
});

const methods = {
  hello: method({
    input: t.object({ name: t.string() }),
    output: t.object({ message: t.string() }),
    errors: {
      nobody: {
        code: "not_found",
        data: t.object({ name: t.string(), raw: t.bytes(), big: t.int64() }),
      },
    },
  }),
  echo: method({ input: Everything, output: Everything }),
  nothing: method({}),
  log: notify({ input: t.object({ text: t.string() }) }),
  count: method({ input: t.object({ to: t.int32() }), output: stream(Numbered) }),
  sum: method({ input: stream(Numbered), output: t.object({ sum: t.int32() }) }),
  chat: method({ input: stream(Numbered), output: stream(Numbered) }),
};

const version = "1.0.0";

/** The same without numbers, which is spoken in JSON only. */
export const PlainProbe = contract("probe", methods, { version });

/** With numbers, as a lock file would give them: transports that can choose speak protobuf. */
export const Probe = contract("probe", methods, {
  version,
  numbers: { probe: lockNumbers(PlainProbe.descriptor) },
});

type ProbeHandlers = Handlers<(typeof Probe)["methods"]>;

/** Handlers that do what their names say; a case replaces those that it is about. */
export function probeHandlers(own: Partial<ProbeHandlers> = {}): ProbeHandlers {
  return {
    hello: ({ name }) => ({ message: `Hello ${name}` }),
    echo: (everything) => everything,
    nothing: () => ({}),
    log: () => {},
    async *count({ to }) {
      for (let n = 1; n <= to; n += 1) yield { n };
    },
    async sum(numbers) {
      let sum = 0;
      for await (const { n } of numbers) sum += n;
      return { sum };
    },
    async *chat(numbers) {
      for await (const number of numbers) yield number;
    },
    ...own,
  };
}

/** Everything that is read, in order. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Resolves when the signal fires. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
