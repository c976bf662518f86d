/**
 * The process around the command line: its arguments, streams and signals become an environment, its result an exit
 * code.
 */
import { systemClock } from "../core/clock.ts";
import { createSignalOrder } from "../core/signal-order.ts";
import { runCli } from "./cli.ts";
import type { CliEnvironment } from "./command.ts";
import type { ExitCode } from "./failure.ts";
import { interruption } from "./failure.ts";
import { wantsColor } from "./terminal.ts";
import type { Terminal } from "./terminal.ts";

const ended = new AbortController();
const order = createSignalOrder();

/** 128 and the number of the signal, as shells have it. */
const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

for (const [name, exitCode] of Object.entries(signals)) {
  process.on(name, () => {
    const which = order();
    // The second time somebody is in a hurry.
    if (which === "again") process.exit(exitCode);
    if (which === "echo") return;
    ended.abort(interruption(`Ended by ${name}`, exitCode));
  });
}

const environment: CliEnvironment = {
  async openPlatform({ environment: named, anonymous, ...options }) {
    if (named) {
      const { openEnvironment } = await import("./open-environment.ts");
      return await openEnvironment({ ...options, environment: named, anonymous, env: process.env });
    }
    const { openPlatform } = await import("../framework/platform.ts");
    if (!anonymous) return await openPlatform(options);
    const { nobody } = await import("../framework/own-credentials.ts");
    return await openPlatform({ ...options, credentials: nobody });
  },
  stdout: terminal(process.stdout),
  stderr: terminal(process.stderr),
  stdin: {
    get isTty() {
      return Boolean(process.stdin.isTTY);
    },
    ...(process.stdin.isTTY && {
      showKeys: (shown: boolean) => void process.stdin.setRawMode(!shown),
    }),
    // A second question goes on where the first one ended.
    [Symbol.asyncIterator]: () => process.stdin.iterator({ destroyOnReturn: false }),
  },
  env: process.env,
  folder: process.cwd(),
  nodeVersion: process.versions.node,
  signal: ended.signal,
  clock: systemClock,
  atExit: (action) => void process.once("exit", action),
};

process.exitCode = await runCli(process.argv.slice(2), environment);
// A reader of stdin that nobody waits for any more would keep the process.
process.exit();

function terminal(stream: NodeJS.WriteStream): Terminal {
  const isTty = Boolean(stream.isTTY);
  // Without a listener the event would be an exception; the callback of `write` sees the error first.
  stream.on("error", endWithoutReader);
  return {
    write(data) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      stream.write(data, (error) => {
        if (!error) return resolve();
        endWithoutReader(error);
        reject(error);
      });
      return promise;
    },
    isTty,
    get columns() {
      // Some terminals inside of other programs say 0.
      return stream.columns || 80;
    },
    hasColor: wantsColor(process.env, { isTty }),
  };
}

/** `reef logs | head`: whoever read has enough, and that is a good end. Any other fault of the stream is not. */
function endWithoutReader(error: NodeJS.ErrnoException): void {
  const exitCode: ExitCode = error.code === "EPIPE" ? 0 : 1;
  ended.abort(interruption(`Cannot write: ${error.message}`, exitCode));
}
