/** Every block is a room of one shape: whoever has seen one finds everything in all others. */
import type { Problem, Source } from "./source.ts";

const shape = ["index.ts", "contract.ts", "service.ts", "remote.ts", "conformance.ts", "drivers/"];

export function roomProblems(sources: readonly Source[]): Problem[] {
  const rooms = new Map<string, string[]>();
  for (const { path } of sources) {
    const [, room, inside] = /^src\/blocks\/([^/]+)\/(.+)$/.exec(path) ?? [];
    if (room !== undefined && inside !== undefined)
      rooms.set(room, [...(rooms.get(room) ?? []), inside]);
  }
  return [...rooms].flatMap(([room, files]) => [
    ...shape
      .filter(
        (part) =>
          !files.some((file) => (part.endsWith("/") ? file.startsWith(part) : file === part)),
      )
      .map((part) => ({
        path: `src/blocks/${room}`,
        line: 1,
        text: `the room lacks ${part}; see src/blocks/store for what it holds`,
      })),
    ...files.filter(isForeign).map((file) => ({
      path: `src/blocks/${room}/${file}`,
      line: 1,
      text: "not a part of the shape of a room; what only one driver needs goes below drivers/, the rest to a ring",
    })),
  ]);
}

/** Tests stand beside what they test; a long suite, remote or contract has its parts in a folder of its name. */
function isForeign(file: string): boolean {
  if (/^(?:drivers|conformance|contract|service|remote)\//.test(file)) return false;
  // Written by `reef contract lock` beside the contract.
  if (file === "contract.numbers.json") return false;
  return !shape.includes(file.replace(/(?:\.[a-z-]+)?\.test\.ts$/, ".ts"));
}
