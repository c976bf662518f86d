/** All services of a runtime, page by page: what a table of them, or a completion, needs. */
import type { Services, ServiceStatus } from "../blocks/runtime/index.ts";

export async function allPrograms(
  runtime: Services,
  signal: AbortSignal | undefined,
): Promise<readonly ServiceStatus[]> {
  const all: ServiceStatus[] = [];
  for (let cursor: string | undefined, isFirst = true; isFirst || cursor; isFirst = false) {
    // oxlint-disable-next-line no-await-in-loop -- page by page
    const page = await runtime.list({ cursor, signal });
    all.push(...page.items);
    cursor = page.cursor;
  }
  return all;
}
