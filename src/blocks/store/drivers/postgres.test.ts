/** The suite on a real server. */
import { after } from "node:test";
import { missingForPostgres, openPostgresServer } from "../../../backends/postgres/test-server.ts";
import { storeConformance } from "../conformance.ts";
import { openTestStore } from "./postgres/test-store.ts";

const missing = missingForPostgres();
const server = missing === undefined ? await openPostgresServer() : undefined;
after(() => server?.[Symbol.asyncDispose]());

storeConformance("postgres", {
  open: (limits) => openTestStore(server?.url ?? "", limits),
  survives: "power",
  missing,
});
