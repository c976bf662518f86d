/** A page of another site, in a real browser, with all that a page can send without being asked: it calls nothing. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";

import { t } from "../../src/contract/builder.ts";
import { contract } from "../../src/contract/contract.ts";
import { method, stream } from "../../src/contract/method.ts";
import { lockNumbers } from "../../src/contract/numbers/lock-numbers.ts";
import { createLogger } from "../../src/core/log.ts";
import { findBrowser, openBrowser } from "../../src/fetch/fixtures/open-browser.ts";
import { openPlatform } from "../../src/framework/platform.ts";
import { serve } from "../../src/framework/serve.ts";
import { service } from "../../src/rpc/service.ts";
import { startServer } from "../../src/server/start-server.ts";
import { soon } from "../../src/testing/soon.ts";
import { openStateFolder } from "../test-command.ts";

const browser = findBrowser();
const skip = browser === undefined && "this machine has no chromium";
const log = createLogger({ write: () => {} });

const methods = {
  take: method({ output: t.object({ n: t.int32() }), http: "GET /take", idempotent: true }),
  look: method({ output: stream(t.object({ n: t.int32() })), http: "GET /look" }),
};
const version = "1.0.0";
const numbers = { till: lockNumbers(contract("till", methods, { version }).descriptor) };
const Till = contract("till", methods, { version, numbers });

test(
  "a page of another site calls no service, at the gateway, the proxy or the port of the service",
  { skip },
  async () => {
    await using stack = new AsyncDisposableStack();
    const { path: state } = stack.use(await openStateFolder());
    const server = stack.use(await startServer({ state, port: 0, proxyPort: 0, log }));
    const platform = stack.use(await openPlatform({ state }));
    let calls = 0;
    const till = service(Till, {
      take: () => ({ n: (calls += 1) }),
      async *look() {
        yield { n: (calls += 1) };
      },
    });
    const listen = ["tcp://127.0.0.1:0"];
    const served = stack.use(await serve(till, { platform, listen, stopOnSignals: false, log }));
    const [tcp = ""] = served.addresses;
    const [gateway, proxy] = [server.gateway ?? "", server.proxy ?? ""];
    const urls = { gateway, proxy, own: tcp.replace("tcp:", "http:") };
    const page = await readFile(join(import.meta.dirname, "hostile-page.js"));
    const tried = Promise.withResolvers<number>();
    const site = createServer(async (request, response) => {
      if (request.url === "/done") {
        const body = Buffer.concat(await Array.fromAsync<Buffer>(request));
        response.end();
        return tried.resolve(Number(body.toString()));
      }
      if (request.url === "/page.js") {
        response.setHeader("content-type", "text/javascript");
        return response.end(page);
      }
      response.setHeader("content-type", "text/html");
      const call = `import { attack } from "/page.js"; await attack(${JSON.stringify(urls)});`;
      return response.end(`<body><script type="module">${call}</script>`);
    }).listen(0, "127.0.0.1");
    stack.defer(() => void site.close());
    await once(site, "listening");
    const { port } = site.address() as AddressInfo;
    // The test is skipped where there is none.
    stack.use(await openBrowser(browser ?? "", `http://127.0.0.1:${port}/`));
    const attempts = await soon("The end of the attack", tried.promise);
    assert.ok(attempts >= 30, `${attempts}`);
    assert.equal(calls, 0);
    // Who is no page gets there by each of these ways.
    for (const url of [`${gateway}/till/take`, `${proxy}/till.v1.Till/Take`]) {
      const headers = { "content-type": "application/json" };
      // oxlint-disable-next-line no-await-in-loop -- in turn, as they are counted
      assert.equal((await fetch(url, { method: "POST", headers, body: "{}" })).status, 200);
    }
    assert.equal(calls, 2);
  },
);
