/**
 * The promise of `index.ts` as a contract, so that any language can call it, and its rules for input. What comes over a
 * wire is held against these types before a handler sees it; drivers hold what they are given against the `parseX`.
 */
import { t, type Type } from "../../contract/builder.ts";
import { contract } from "../../contract/contract.ts";
import { digestOf } from "../../contract/digest.ts";
import { method, stream } from "../../contract/method.ts";
import type { InputOf, OutputOf } from "../../contract/standard-schema.ts";
import { violationError } from "../../contract/violations.ts";
import { type Code, codes, ReefError } from "../../core/errors.ts";
import type { LeaseOptions, Node, RegisterOptions, ServiceName } from "./index.ts";
import numbers from "./contract.numbers.json" with { type: "json" };
import * as limits from "./index.ts";

/** The rule of `contract()` for services, and of namespaces: one label of a DNS name. */
const name = t.string({ pattern: /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/ });

/** As `contract()` takes it, roughly: a semantic version that is readable in a list. */
const version = t.string({
  maxLength: 64,
  pattern: /^[0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.+-]+)?$/,
});

const socket = /unix:(\/(?!\.{1,2}(\/|$))[^/\p{Cc}]+)+/u;
const hostAndPort = /[a-z][a-z0-9+.-]*:\/\/([A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\]):[1-9][0-9]{0,4}/u;

/** An absolute path without `.` and `..`, or a scheme with host and port; IPv6 in brackets. */
const address = t.string({
  maxLength: limits.addressLengthMax,
  pattern: new RegExp(`^(${socket.source}|${hostAndPort.source})$`, "u"),
});

const addresses = t.list(address, { maxItems: limits.addressesMax });
const state = t.enum(["starting", "ready", "draining"]);
const metadata = t.map(t.string());

const ServiceNameType = t.object({ namespace: name, service: name });

const NodeType = t.object({
  id: t.string({ maxLength: limits.idLengthMax, pattern: /^[A-Za-z0-9][A-Za-z0-9._-]*$/ }),
  namespace: name,
  service: name,
  version,
  state,
  addresses,
  contractDigest: t.string({ pattern: /^[0-9a-f]{64}$/ }),
  metadata,
});

const leaseMs = t
  .integer({ minimum: limits.leaseMsMin, maximum: limits.leaseMsMax })
  .default(limits.leaseDefaultMs);

const LeaseType = t.object({ leaseMs });

/** Any name may be asked for: what nobody could register is not there. */
const AskedType = t.object({ namespace: t.string(), service: t.string() });
const ScopeType = t.object({ namespace: t.string().optional(), service: t.string().optional() });

const ServiceViewType = t.object({
  namespace: name,
  service: name,
  expected: t.boolean(),
  nodes: t.list(NodeType),
});

/** The one type that is looser than its rule: a bad change is refused in its answer and does not end the stream. */
const UpdateType = t.object({
  state: t.string().optional(),
  addresses: t.list(t.string()).optional(),
  metadata: metadata.optional(),
});

const HolderMessageType = t.object({
  say: t.oneof({
    register: t.object({ node: NodeType, contract: t.json(), leaseMs }),
    expect: t.object({ namespace: name, service: name, leaseMs }),
    update: UpdateType,
    stillHere: t.object({}),
  }),
});

/** As it is sent by holders, and as the service sees it. */
export type HolderMessageSent = InputOf<typeof HolderMessageType>;
export type HolderMessageSeen = OutputOf<typeof HolderMessageType>;

const HolderAnswerType = t.object({
  leaseMs: t.integer().optional().describe("Of what is held; in the first answer"),
  node: NodeType.optional().describe("As it is listed now; after register and update"),
  refused: t
    .object({
      code: t.enum(codes),
      message: t.string(),
      violations: t.list(t.object({ path: t.string(), message: t.string() })).optional(),
      maybeExecuted: t.boolean(),
    })
    .optional()
    .describe("Why the update was refused; what is held stays held"),
});

/** As it is sent by the service, and as holders see it. */
export type HolderAnswerSent = InputOf<typeof HolderAnswerType>;
export type HolderAnswerSeen = OutputOf<typeof HolderAnswerType>;

/** Flat like `RegistryEvent`, so that nothing translates between the two; the kind says which of the rest is there. */
const EventType = t.object({
  epoch: t.string(),
  revision: t.integer(),
  kind: t.enum(["node", "gone", "expected", "present"]),
  node: NodeType.optional().describe("With node and gone"),
  namespace: name.optional().describe("With expected, as the next two"),
  service: name.optional(),
  expected: t.boolean().optional(),
});

export const RegistryContract = contract(
  "registry",
  {
    hold: method({
      description:
        "Lists a node, or expects a service, for as long as the stream is open and the caller says " +
        "something within leaseMs. Each message is answered, in order; the first says what is held.",
      input: stream(HolderMessageType),
      output: stream(HolderAnswerType),
    }),
    resolve: method({
      description: "A service with its nodes",
      input: AskedType,
      output: ServiceViewType,
      idempotent: true,
    }),
    // A stream and not pages: it is of one moment, and nodesMax bounds it.
    list: method({
      description: "Every service that has a node or is expected, sorted, one a message",
      input: ScopeType,
      output: stream(ServiceViewType),
      idempotent: true,
    }),
    contract: method({
      description: "The contract with this digest, of a node that is listed",
      input: t.object({ digest: t.string() }),
      output: t.object({ contract: t.json() }),
      idempotent: true,
    }),
    watch: method({
      description: "The present, then each change once, in order",
      input: ScopeType,
      output: stream(EventType),
      idempotent: true,
    }),
  },
  {
    version: "1.0.0",
    description: "Which nodes of which services are there, and what they promise",
    numbers,
  },
);

/**
 * A checked copy of a node. @throws {ReefError} `invalid_argument` with the rules that it breaks, as the next two do
 */
export function parseRegistration(node: Node, options: RegisterOptions): Node {
  const parsed = parseNode(node);
  parse(LeaseType, { leaseMs: options.leaseMs }, "this lease");
  if (digestOf(options.contract) === parsed.contractDigest) return parsed;
  const message = "must be the digest of the contract";
  throw violationError("this node", [{ path: ["contractDigest"], message }]);
}

export function parseNode(node: Node): Node {
  const parsed = parse(NodeType, node, "this node");
  const bytes = Buffer.byteLength(JSON.stringify(parsed.metadata));
  if (bytes <= limits.metadataBytesMax) return parsed;
  const message = `must have at most ${limits.metadataBytesMax} bytes as JSON, has ${bytes}`;
  throw violationError("this node", [{ path: ["metadata"], message }]);
}

export function parseExpectation(name: ServiceName, options: LeaseOptions): ServiceName {
  parse(LeaseType, { leaseMs: options.leaseMs }, "this lease");
  return parse(ServiceNameType, name, "this service");
}

/** The end of a grant in one text, wherever it is noticed: `Cannot keep node "a" listed: <why>; ...`. */
export function grantEnded(code: Code, held: string, why: string): ReefError {
  return new ReefError(code, `Cannot keep ${held}: ${why}; ask for it again`);
}

/** The lease of this node has ended: nothing of it is listed any more. */
export function updateTooLate(id: string): ReefError {
  const text = `Cannot update node "${id}": its lease has ended; register it again`;
  return new ReefError("failed_precondition", text, { maybeExecuted: false });
}

function parse<In, Out>(type: Type<In, Out>, value: In, subject: string): Out {
  const result = type["~standard"].validate(value);
  if (result.issues) throw violationError(subject, result.issues);
  return result.value;
}
