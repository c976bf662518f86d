/** Everything that a platform leaves behind or shows, to look for secrets in. */
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";

/** A text with where it was found. */
export interface Place {
  readonly where: string;
  readonly bytes: Buffer;
}

/** Every file below a folder. */
export async function filesBelow(folder: string): Promise<Place[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return await Promise.all(
    files.map(async ({ parentPath, name }) => {
      const path = join(parentPath, name);
      // A file that was renamed since is found under its other name.
      return { where: relative(folder, path), bytes: await readFile(path).catch(gone) };
    }),
  );
}

/** Arguments and environment of each process that names one of the words in them. */
export async function processesWith(words: readonly string[]): Promise<Place[]> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const all = await Promise.all(
    ids.map(async (id) => {
      const [args, env] = await Promise.all(
        ["cmdline", "environ"].map((name) => readFile(`/proc/${id}/${name}`).catch(gone)),
      );
      const both = Buffer.concat([args ?? Buffer.alloc(0), env ?? Buffer.alloc(0)]);
      if (id === String(process.pid) || !words.some((word) => both.includes(word))) return [];
      return [
        { where: "arguments", bytes: args ?? Buffer.alloc(0) },
        { where: "environment", bytes: env ?? Buffer.alloc(0) },
      ];
    }),
  );
  return all.flat();
}

/** It has ended, or is of somebody else. */
function gone(): Buffer {
  return Buffer.alloc(0);
}

/** Where something stands, as it is or in another form, each place once. */
export function foundIn(places: readonly Place[], secret: string): string[] {
  const forms = formsOf(secret);
  const found = places.filter(({ bytes }) => forms.some((form) => bytes.includes(form)));
  return [...new Set(found.map(({ where }) => where))].toSorted();
}

/** As it is, in hexadecimal digits, and in the middle of something in base64. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const inBase64 = [0, 1, 2].flatMap((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    // The first and the last digits are also those of its neighbours.
    const own = text.replace(/=+$/, "").slice(before === 0 ? 0 : before + 1, -1);
    return [own, own.replaceAll("+", "-").replaceAll("/", "_")];
  });
  const hex = bytes.toString("hex");
  return [secret, encodeURIComponent(secret), hex, hex.toUpperCase(), ...inBase64];
}
