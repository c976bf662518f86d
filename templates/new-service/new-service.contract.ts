/** What callers import: the promise of this service, and none of the code behind it. */
import { contract, method, stream, t } from "reef";
import numbers from "./new-service.numbers.json" with { type: "json" };

export const NewService = contract(
  "new-service",
  {
    hello: method({
      description: "Greets one person",
      input: t.object({ name: t.string().describe("Who is greeted") }),
      output: t.object({ message: t.string() }),
      errors: {
        nobody: {
          code: "invalid_argument",
          description: "The name is blank",
          data: t.object({ name: t.string() }),
        },
      },
      http: "GET /hello/{name}",
      idempotent: true,
    }),
    count: method({
      description: "Counts, one number a beat",
      input: t.object({
        to: t.int32({ minimum: 1 }).describe("The last number"),
        beatMs: t.int32({ minimum: 0 }).default(200).describe("Time between two numbers"),
      }),
      output: stream(t.object({ n: t.int32() })),
    }),
  },
  { version: "1.0.0", description: "Says hello, and counts", numbers },
);
