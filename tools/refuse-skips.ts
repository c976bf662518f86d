/** A reporter of node's test runner for `npm run test:all`: a test that was skipped fails the run, and is named. */
import type { TestEvent } from "node:test/reporters";

export default async function* refuseSkips(
  events: AsyncIterable<TestEvent>,
): AsyncGenerator<string> {
  for await (const { type, data } of events) {
    if (type !== "test:pass" || data.skip === undefined || data.skip === false) continue;
    process.exitCode = 1;
    yield `Skipped, which test:all does not accept: ${data.name} (${data.file ?? "no file"}): ${data.skip}\n`;
  }
}
