/** Finds what a command starts, as a shell would: a path, a file of the folder, or a program on PATH. */
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, isAbsolute, join, resolve } from "node:path";

import { runtimeErrors } from "../../contract.ts";

/** @throws {ReefError} `not_found` (`no_program`) */
export async function findCommand(
  word: string,
  folder: string,
  path = "/usr/local/bin:/usr/bin:/bin",
): Promise<string> {
  const lookedFor = placesOf(word, folder, path);
  for (const place of lookedFor) {
    // One after the other: the first counts.
    // oxlint-disable-next-line no-await-in-loop
    if (await runs(place)) return place;
  }
  const where = word.includes("/") ? lookedFor.join(", ") : `${folder} and on PATH`;
  throw runtimeErrors.no_program(
    { source: word, lookedFor },
    `Cannot run "${word}": there is no such program, looked in ${where}; install it, or give its path`,
  );
}

function placesOf(word: string, folder: string, path: string): string[] {
  if (word.includes("/")) return [resolve(folder, word)];
  const folders = path.split(delimiter).filter((each) => isAbsolute(each));
  return [folder, ...folders].map((each) => join(each, word));
}

async function runs(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    // Not there, or nothing that we may run: the next place is looked at.
    return false;
  }
}
