import { setTimeout as sleep } from "node:timers/promises";
import { serve, service } from "reef";
import { NewService } from "./new-service.contract.ts";

export const newService = service(NewService, {
  hello({ name }, call) {
    if (name.trim() === "") throw call.errors.nobody({ name });
    return { message: `Hello ${name}` };
  },

  async *count({ to, beatMs }, call) {
    for (let n = 1; n <= to; n++) {
      yield { n };
      // When the caller leaves, the signal fires: the sleep ends, and so does this loop.
      await sleep(beatMs, undefined, { signal: call.signal });
    }
  },
});

if (import.meta.main) await serve(newService);
