/** One command at a time changes a file of settings; the system takes the lock back when a command is gone. */
import { lockFile } from "../backends/sqlite/file-lock.ts";
import { sleep } from "../core/clock.ts";
import { ReefError } from "../core/errors.ts";
import { prepareFolderOf } from "../framework/environments/config-folder.ts";

const againMs = 25;
/** Longer than a command that renews its login has it, also when the platform does not answer: that takes 5 s. */
const waitMaxMs = 15_000;

/**
 * For as long as what it gives is not disposed.
 * @throws {ReefError} `unavailable` when somebody else has it for too long; the reason of `signal`
 */
export async function lockConfig(path: string, signal: AbortSignal): Promise<Disposable> {
  await prepareFolderOf(path);
  const untilMs = performance.now() + waitMaxMs;
  for (;;) {
    try {
      return lockFile(path);
    } catch (thrown) {
      const error = ReefError.from(thrown);
      if (error.code !== "failed_precondition") throw thrown;
      if (performance.now() > untilMs) throw taken(path, error);
      // Each attempt is another moment.
      // oxlint-disable-next-line no-await-in-loop
      await sleep(againMs, { signal });
    }
  }
}

function taken(path: string, cause: ReefError): ReefError {
  const text = `Cannot change ${path}: another command has had it for ${waitMaxMs / 1_000} s; end that one`;
  return new ReefError("unavailable", text, { cause, maybeExecuted: false });
}
