import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createLogger } from "../../core/log.ts";
import { stateFolder } from "../../framework/state-folder.ts";
import type { TlsOptions } from "../../rpc/secure-sockets.ts";
import { createManualClock } from "../../testing/manual-clock.ts";
import { createAuthority, createCertificate } from "./certificate.ts";
import { CertificateFiles, lookMs } from "./certificate-files.ts";
import { openOwnCertificate } from "./own-certificate.ts";

const startMs = Date.parse("2026-01-01T00:00:00Z");
const dayMs = 86_400_000;
const when = { validFrom: new Date(startMs), validTo: new Date(startMs + 90 * dayMs) };
const authority = createAuthority({ commonName: "test", ...when });

function make(name: string, times = when): TlsOptions {
  return createCertificate(authority, { commonName: name, names: [name], ...times });
}

/** A folder with files in it, and a clock on the second day. */
async function openFolder() {
  const path = await mkdtemp(join(tmpdir(), "reef-tls-"));
  const clock = createManualClock({ wallMs: startMs + dayMs });
  const lines: string[] = [];
  const log = createLogger({ plain: true, write: (line) => lines.push(line) });
  const paths = { cert: join(path, "cert.pem"), key: join(path, "key.pem") };
  return {
    path,
    paths,
    clock,
    log,
    lines,
    async write({ cert, key }: TlsOptions) {
      await writeFile(paths.cert, cert);
      await writeFile(paths.key, key, { mode: 0o600 });
    },
    open: () => CertificateFiles.open({ paths, clock, log }),
    /** Files are read by the system, whose time is its own. */
    async until(isTrue: () => boolean) {
      for (let tries = 0; tries < 100 && !isTrue(); tries += 1) {
        // oxlint-disable-next-line no-await-in-loop
        await clock.advance(lookMs);
        // oxlint-disable-next-line no-await-in-loop
        await stat(path);
      }
      assert.ok(isTrue(), lines.join("\n"));
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true }),
  };
}

test("CertificateFiles.open() refuses what nobody would take", async () => {
  await using folder = await openFolder();
  const good = make("a.example");
  const over = make("a.example", { ...when, validTo: new Date(startMs + 1_000) });
  const early = make("a.example", { ...when, validFrom: new Date(startMs + 2 * dayMs) });
  const nameless = createCertificate(authority, { commonName: "a.example", names: [], ...when });
  const cases: readonly (readonly [TlsOptions, RegExp])[] = [
    [{ ...good, key: make("a.example").key }, /key\.pem .*not the key of .*cert\.pem/],
    [over, /cert\.pem for TLS: it was valid until .*; renew it/],
    [early, /it is valid from .* on; look at the clock/],
    [{ ...good, cert: "hello" }, /it is no certificate in PEM/],
    [{ ...good, key: good.cert }, /it is no key in PEM without a passphrase/],
    [nameless, /it is for no name and no address/],
  ];
  await assert.rejects(folder.open(), /Cannot use \S+cert\.pem for TLS: .*ENOENT/);
  for (const [pair, message] of cases) {
    // oxlint-disable-next-line no-await-in-loop -- they are the same files
    await folder.write(pair);
    // oxlint-disable-next-line no-await-in-loop
    await assert.rejects(folder.open(), { code: "failed_precondition", message });
  }
});

test("CertificateFiles tells of a renewal, and uses the one of before when the new one cannot be used", async () => {
  await using folder = await openFolder();
  await folder.write(make("a.example"));
  using certificate = await folder.open();
  const told: TlsOptions[] = [];
  certificate.renewed.on((pair) => told.push(pair));
  assert.deepEqual([certificate.isFor("A.example"), certificate.isFor("b.example")], [true, false]);
  const next = make("b.example");
  // Half of it, as whoever renews writes one after the other.
  await writeFile(folder.paths.cert, next.cert);
  await folder.until(() => folder.lines.some((line) => line.includes("not the key of")));
  assert.deepEqual([told.length, certificate.isFor("a.example")], [0, true]);
  await folder.write(next);
  await folder.until(() => told.length > 0);
  assert.equal(told[0]?.cert, next.cert);
  assert.deepEqual(
    ["a.example", "b.example", "[::1]", "b.example\0", "", "*"].map((name) =>
      certificate.isFor(name),
    ),
    [false, true, false, false, false, false],
  );
});

test("CertificateFiles warns of a key that others may read, and of a certificate that is over soon", async () => {
  await using folder = await openFolder();
  const soon = { ...when, validTo: new Date(startMs + 8 * dayMs) };
  const { cert, key } = make("a.example", soon);
  await writeFile(folder.paths.cert, cert);
  await writeFile(folder.paths.key, key, { mode: 0o644 });
  using _ = await folder.open();
  assert.equal(folder.lines.length, 2);
  assert.match(folder.lines[0] ?? "", /may read \S+key\.pem \(644\): chmod 600 closes it/);
  assert.match(folder.lines[1] ?? "", /is valid until Jan {2}9 .* only/);
});

test("openOwnCertificate() makes another certificate before that is over, and keeps its authority", async () => {
  await using folder = await openFolder();
  const { clock } = folder;
  const options = { state: stateFolder(folder.path), id: "ab12", host: "0.0.0.0", clock };
  const own = await openOwnCertificate({ ...options, names: ["staging.example"] });
  await own.refresh();
  const ca = await readFile(own.authority, "utf8");
  const x509 = async () => new X509Certificate(await readFile(own.paths.cert, "utf8"));
  const first = await x509();
  assert.ok(first.verify(new X509Certificate(ca).publicKey));
  assert.doesNotMatch(ca, /PRIVATE/);
  for (const name of ["staging.example", "localhost"]) assert.ok(first.checkHost(name), name);
  await clock.advance(59 * dayMs);
  await own.refresh();
  assert.equal((await x509()).serialNumber, first.serialNumber);
  await clock.advance(2 * dayMs);
  await own.refresh();
  assert.notEqual((await x509()).serialNumber, first.serialNumber);
  const again = await openOwnCertificate({ ...options, names: ["other.example"] });
  await again.refresh();
  assert.ok((await x509()).checkHost("other.example"), "made for its new name");
  assert.equal(await readFile(again.authority, "utf8"), ca);
  assert.equal((await stat(own.paths.key)).mode & 0o777, 0o600);
});
