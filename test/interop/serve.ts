/** `npm run interop -- --port P`: serves `grpc.testing.TestService` for the interop clients of any language. */
import { parseArgs } from "node:util";

import { serve } from "../../src/framework/serve.ts";
import { testService } from "./handlers.ts";

const { values } = parseArgs({ options: { port: { type: "string", default: "0" } } });
await serve(testService, { listen: [`tcp://127.0.0.1:${values.port}`], platform: false });
