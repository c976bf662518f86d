/** What the services of the taxi tour promise each other. Callers import this and nothing else. */
import { contract, method, notify, stream, t } from "reef";
import numbers from "./contracts.numbers.json" with { type: "json" };

const Ride = t.object({ from: t.string(), to: t.string() });

export const Passenger = contract(
  "passenger",
  {
    get: method({
      description: "Who a passenger is",
      input: t.object({ id: t.string() }),
      output: t.object({ id: t.string(), name: t.string(), active: t.boolean() }),
      errors: { unknown: { code: "not_found", data: t.object({ id: t.string() }) } },
      http: "GET /passengers/{id}",
      idempotent: true,
    }),
    list: method({
      description: "Everybody who has an account",
      output: t.object({ ids: t.list(t.string()) }),
      idempotent: true,
    }),
  },
  { version: "1.0.0", numbers },
);

const TripStatus = t.enum(["requested", "driving", "finished", "refused"]);

const TripView = t.object({
  id: t.string(),
  passenger: t.string(),
  ride: Ride,
  driver: t.string().optional(),
  status: TripStatus,
  reason: t.string().optional().describe("Why it was refused"),
  cents: t.int32().optional().describe("The fare; absent where nobody could say it"),
});

export const Trip = contract(
  "trip",
  {
    request: notify({
      description: "Asks for a pickup; what becomes of it is told by follow",
      input: t.object({ passenger: t.string(), ride: Ride }),
    }),
    get: method({
      description: "One trip",
      input: t.object({ id: t.string() }),
      output: TripView,
      errors: { unknown: { code: "not_found", data: t.object({ id: t.string() }) } },
      http: "GET /trips/{id}",
      idempotent: true,
    }),
    follow: method({
      description: "Every change of every trip, as it happens",
      output: stream(TripView),
    }),
  },
  { version: "1.0.0", numbers },
);

export const Dispatcher = contract(
  "dispatcher",
  {
    assign: method({
      description: "Finds a free driver",
      input: t.object({ trip: t.string(), at: t.string() }),
      output: t.object({ driver: t.string() }),
      errors: { no_driver: { code: "resource_exhausted", description: "All drivers are busy" } },
    }),
    release: method({
      description: "The driver is free again",
      input: t.object({ driver: t.string() }),
      idempotent: true,
    }),
  },
  { version: "1.0.0", numbers },
);

/** Answered by a program in Python. */
export const Pricing = contract(
  "pricing",
  {
    quote: method({
      description: "What a ride costs",
      input: Ride,
      output: t.object({ km: t.number(), cents: t.int32() }),
      errors: { unknown_place: { code: "not_found", data: t.object({ place: t.string() }) } },
      http: "GET /quotes/{from}/{to}",
      idempotent: true,
    }),
  },
  { version: "1.0.0", numbers },
);

export const Notification = contract(
  "notification",
  {
    send: notify({
      description: "Tells a passenger something",
      input: t.object({ to: t.string(), text: t.string() }),
    }),
    recent: method({
      description: "The last messages, newest first",
      input: t.object({ limit: t.int32({ minimum: 1, maximum: 100 }).default(10) }),
      output: t.object({ messages: t.list(t.object({ to: t.string(), text: t.string() })) }),
      idempotent: true,
    }),
  },
  { version: "1.0.0", numbers },
);

export const Riders = contract(
  "riders",
  {
    pace: method({
      description: "How many trips are asked for; 0 pauses",
      input: t.object({ perSecond: t.number({ minimum: 0, maximum: 100 }) }),
      output: t.object({ perSecond: t.number() }),
      idempotent: true,
    }),
  },
  { version: "1.0.0", numbers },
);
