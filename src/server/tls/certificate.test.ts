import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { connect, createServer } from "node:tls";
import { createAuthority, createCertificate } from "./certificate.ts";

/** Longer than all tests take together: it begins when this file is loaded. */
const hourMs = 3_600_000;

const when = { validFrom: new Date(Date.now() - 1_000), validTo: new Date(Date.now() + hourMs) };
const authority = createAuthority({ commonName: "reef test", ...when });

test("createCertificate() makes one that its authority vouches for, for these names and no others", () => {
  const names = ["a.example", "*.b.example", "10.0.0.7", "::1", "2001:db8::ff:1"];
  const made = createCertificate(authority, { commonName: "a.example", names, ...when });
  const x509 = new X509Certificate(made.cert);
  const issuer = new X509Certificate(authority.cert);
  assert.ok(x509.verify(issuer.publicKey) && x509.checkIssued(issuer));
  assert.deepEqual([issuer.ca, x509.ca], [true, false]);
  for (const name of ["a.example", "x.b.example"]) assert.ok(x509.checkHost(name), name);
  for (const address of names.slice(2)) assert.ok(x509.checkIP(address), address);
  for (const name of ["b.example", "x.a.example"]) assert.equal(x509.checkHost(name), undefined);
  assert.equal(x509.checkIP("10.0.0.8"), undefined);
});

test("createAuthority() writes years beyond 2049 as certificates do", () => {
  const validTo = new Date("2051-02-03T04:05:06Z");
  const made = createAuthority({ commonName: "late", validFrom: when.validFrom, validTo });
  assert.equal(new X509Certificate(made.cert).validToDate.getTime(), validTo.getTime());
});

/** Why a client that knows `ca` does not go on; undefined when it does. */
async function refusal(made: { cert: string; key: string }, ca: string, servername: string) {
  const server = createServer(made, (socket) => socket.end()).on("tlsClientError", () => {});
  await once(server.listen(0, "127.0.0.1"), "listening");
  // It listens on TCP, so its address is an object.
  const { port } = server.address() as AddressInfo;
  const socket = connect({ port, host: "127.0.0.1", ca, servername });
  const code = await new Promise((resolve) => {
    socket.once("secureConnect", () => resolve(undefined));
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
  });
  socket.destroy();
  server.close();
  return code;
}

test("a client takes a certificate, unless it is expired, too early, foreign or of another name", async () => {
  const names = ["localhost"];
  const made = createCertificate(authority, { commonName: "localhost", names, ...when });
  const other = createAuthority({ commonName: "reef test", ...when });
  const [past, future] = [
    { validFrom: new Date(0), validTo: new Date(1_000) },
    { validFrom: new Date(Date.now() + hourMs / 2), validTo: when.validTo },
  ].map((times) => createCertificate(authority, { commonName: "localhost", names, ...times }));
  assert.ok(past && future);
  assert.equal(await refusal(made, authority.cert, "localhost"), undefined);
  assert.equal(await refusal(past, authority.cert, "localhost"), "CERT_HAS_EXPIRED");
  assert.equal(await refusal(future, authority.cert, "localhost"), "CERT_NOT_YET_VALID");
  assert.match(String(await refusal(made, other.cert, "localhost")), /SIGNATURE|ISSUER|UNABLE/);
  assert.equal(await refusal(made, authority.cert, "b.example"), "ERR_TLS_CERT_ALTNAME_INVALID");
});
