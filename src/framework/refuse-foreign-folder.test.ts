import assert from "node:assert/strict";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { prepareFolder } from "../server/prepare-folder.ts";
import { openPlatform } from "./platform.ts";
import { refuseForeignFolder } from "./refuse-foreign-folder.ts";
import { stateFolder } from "./state-folder.ts";

const uid = process.getuid?.() ?? 0;
let folder = "";

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "reef-"));
});
after(() => rm(folder, { recursive: true }));

test("refuseForeignFolder() takes a folder of this user, and one that is not there", async () => {
  await refuseForeignFolder(folder);
  await refuseForeignFolder(join(folder, "missing"));
});

test("refuseForeignFolder() refuses a link, whoever made it", async () => {
  const link = join(folder, "link");
  await symlink(folder, link);
  await assert.rejects(refuseForeignFolder(link), {
    code: "permission_denied",
    message: /no folder/,
  });
});

test("refuseForeignFolder() refuses a folder of somebody else who is not root", async (t) => {
  if (uid === 0) {
    const { chown } = await import("node:fs/promises");
    await chown(folder, 65_534, -1);
    t.after(() => chown(folder, 0, -1));
    await assert.rejects(refuseForeignFolder(folder), {
      message: /of user 65534 and not of user 0/,
    });
  } else {
    await assert.rejects(refuseForeignFolder(folder, { uid: uid + 1 }), {
      code: "permission_denied",
    });
  }
});

test("neither the platform nor who looks for it uses the sockets of somebody who was there before", async () => {
  const state = stateFolder(join(folder, "deep-".repeat(20)));
  await symlink(folder, state.sockets);
  try {
    const refused = { code: "permission_denied", message: /Cannot use the sockets in/ };
    await assert.rejects(prepareFolder(state), refused);
    await assert.rejects(openPlatform({ state: state.path }), refused);
  } finally {
    await rm(state.sockets);
  }
});
