/**
 * A service in one file.
 *
 *     node examples/hello/greeter.ts              alone; prints its address
 *     npx reef run examples/hello/greeter.ts      on the platform
 *     npx reef greeter hello --name=Ann           call it
 */
import { contract, method, serve, service, t } from "reef";

export const Greeter = contract(
  "greeter",
  {
    hello: method({
      description: "Greets one person",
      input: t.object({ name: t.string().describe("Who is greeted") }),
      output: t.object({ message: t.string() }),
      http: "GET /hello/{name}",
      idempotent: true,
    }),
  },
  { version: "1.0.0", description: "Says hello" },
);

export const greeter = service(Greeter, {
  hello: ({ name }) => ({ message: `Hello ${name}` }),
});

if (import.meta.main) await serve(greeter);
