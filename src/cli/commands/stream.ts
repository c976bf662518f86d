import type { MethodDescriptor } from "../../contract/descriptor.ts";
import { command } from "../command.ts";
import type { CommandContext, OptionSpecs } from "../command.ts";
import { formatDuration } from "../duration.ts";
import { usageError } from "../failure.ts";
import { findMethod, findService } from "../find-service.ts";
import { invoke } from "../invoke.ts";
import { readMethodLine } from "../method-line.ts";
import { placeOf } from "../method-place.ts";
import { counted, note } from "../print.ts";
import { openSession } from "../session.ts";

/** A longer stream is one without a limit. */
const answersMax = 1_000_000_000;

const options = {
  limit: {
    type: "integer",
    placeholder: "N",
    minimum: 1,
    maximum: answersMax,
    description: "End after N answers",
  },
  for: { type: "duration", placeholder: "TIME", description: "End after this time" },
} as const satisfies OptionSpecs;

export const stream = command({
  name: "stream",
  summary: "Follow a stream: until Ctrl-C, N answers, or a time",
  about: `It is \`reef SERVICE METHOD --field=value\` for methods that stream, with an end of your choice and a last word: how
many answers came in which time. Each is printed as it comes, one JSON a line. Methods that take a stream are sent
the lines of stdin meanwhile, one JSON each. An end that was asked for is exit code 0, Ctrl-C is 130. A stream that
breaks is exit code 1 and is not begun again: what was missed in between would go unseen.`,
  examples: [
    ["reef stream greeter count --to=5", "until it ends"],
    ["reef stream trip watch --for 10s --json", "what happens in ten seconds"],
    [
      "reef stream --limit 3 orders list --limit=50",
      "behind METHOD a field of that name comes first",
    ],
    ["tail -f lines.ndjson | reef stream chat talk", "both ways at once"],
  ],
  positionals: {
    service: { description: "The service, as `reef services` names it", complete: "services" },
    method: {
      description: "The method; `reef SERVICE METHOD --help` shows its fields",
      complete: "methods",
    },
    field: { description: "Its fields as flags", untouched: true },
  },
  options,
  timesItself: true,
  async run(context, { service, method: name, field: args, ...given }) {
    const words = `reef stream ${service} ${name}`;
    const { globals } = context;
    const place = await placeOf(context, { globals, service, method: name, args });
    await using session = openSession(context, place, { command: words, timesItself: true });
    const { descriptor } = await findService(session, service);
    const method = findMethod(descriptor, name);
    const before = { limit: given.limit, for: given.for };
    refuseSingleAnswer(method, service, before);
    const all = { descriptor, method, args, command: words, options };
    const line = await readMethodLine(session, all);
    // They were made from the specs of this command, those that are there.
    const behind = line.own as Partial<Limits>;
    const limits = { limit: behind.limit ?? before.limit, for: behind.for ?? before.for };
    refuseSingleAnswer(method, service, limits);
    if (method.kind === "client_stream") return await invoke(line.context, line.invocation);
    return await follow(line.context, line.invocation, limits);
  },
});

interface Limits {
  readonly limit: number | undefined;
  readonly for: number | undefined;
}

function refuseSingleAnswer({ name, kind }: MethodDescriptor, service: string, given: Limits) {
  if (kind === "server_stream" || kind === "bidi_stream") return;
  if (kind === "client_stream") {
    const flag = Object.entries(given).find(([, value]) => value !== undefined)?.[0];
    if (flag === undefined) return;
    throw usageError(`Flag --${flag} is for streams of answers: "${name}" gives one, at its end`);
  }
  throw usageError(`Cannot stream "${name}": it takes one message and gives no stream`, {
    tryNext: `reef ${service} ${name}`,
  });
}

async function follow(
  context: CommandContext,
  invocation: Parameters<typeof invoke>[1],
  limits: Limits,
): Promise<0> {
  const { clock } = context;
  const startedAtMs = clock.monotonicMs();
  const end = new AbortController();
  const timer = limits.for === undefined ? undefined : clock.after(limits.for, () => end.abort());
  const signal = AbortSignal.any([context.signal, end.signal]);
  let count = 0;

  async function* through(answers: AsyncIterable<unknown>) {
    for await (const answer of answers) {
      yield answer;
      // Leaving the loop tells the service, too.
      if (++count === limits.limit) return;
    }
  }

  function said(): string {
    const tookMs = clock.monotonicMs() - startedAtMs;
    return `${counted(count, "answer")} in ${formatDuration(tookMs)}`;
  }

  try {
    await invoke({ ...context, signal }, { ...invocation, through });
  } catch (thrown) {
    context.signal.throwIfAborted();
    if (!end.signal.aborted) {
      await note(context, `Broke after ${said()}`);
      throw thrown;
    }
  } finally {
    timer?.cancel();
  }
  await note(context, `Ended after ${said()}`);
  return 0;
}
