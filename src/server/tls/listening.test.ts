import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createLogger } from "../../core/log.ts";
import { stateFolder } from "../../framework/state-folder.ts";
import { openListening, type TlsChoice } from "./listening.ts";

const log = createLogger({ write: () => {} });

async function listening(host: string, tls?: TlsChoice, path = "/nowhere") {
  await using stack = new AsyncDisposableStack();
  return await openListening({ host, tls, state: stateFolder(path), log }, stack);
}

test("openListening() lets this machine in clear, under names that cannot mean another one", async () => {
  for (const host of ["127.0.0.1", "127.1.2.3", "::1", "localhost"]) {
    // oxlint-disable-next-line no-await-in-loop
    assert.deepEqual(await listening(host), { host, reach: "this machine" });
  }
  const elsewhere = ["", "0.0.0.0", "::", "10.0.0.7", "a.example", "127.0.0.1.example", "127.1"];
  for (const host of elsewhere) {
    // oxlint-disable-next-line no-await-in-loop
    await assert.rejects(listening(host), {
      code: "failed_precondition",
      message: /beyond this machine everything goes over TLS, .*; add --tls-cert FILE/,
    });
  }
});

test("openListening() serves the network only while nobody else can read the first owner's secret", async () => {
  const path = await mkdtemp(join(tmpdir(), "reef-tls-"));
  const file = join(path, "owner.secret");
  const own = { own: true, names: ["a.example"] } as const;
  await writeFile(file, "a secret that others have read", { mode: 0o644 });
  await assert.rejects(listening("0.0.0.0", own, path), /may read \S+owner\.secret, .*chmod 600/);
  assert.equal((await listening("127.0.0.1", own, path)).reach, "this machine");
  await chmod(file, 0o600);
  const { reach, certificate, authority } = await listening("0.0.0.0", own, path);
  assert.equal(reach, "the network");
  assert.equal(certificate?.name, "a.example");
  assert.equal(authority, join(path, "tls", "ca.pem"));
  await rm(path, { recursive: true });
});
