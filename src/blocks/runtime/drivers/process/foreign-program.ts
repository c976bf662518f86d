/**
 * A program of any language: it does not know reef, is called over HTTP at a port of its own, and is listed by the
 * runtime on its behalf. docs/foreign-programs.md says what it has to do.
 */
import { type AddressInfo, createServer } from "node:net";

import { checkDescriptor } from "../../../../contract/check-descriptor.ts";
import type { ContractDescriptor } from "../../../../contract/descriptor.ts";
import { digestOf } from "../../../../contract/digest.ts";
import { commandName } from "../../../../contract/command-name.ts";
import { sleep } from "../../../../core/clock.ts";
import { ReefError } from "../../../../core/errors.ts";
import { processIdentity } from "../../../../supervisor/process-identity.ts";
import type { Node } from "../../../registry/index.ts";
import { publicPortKey, type RunSpec } from "../../index.ts";
import { findCommand } from "./find-command.ts";
import { fired, ForeignNode } from "./foreign-node.ts";
import { untilReady } from "./foreign-readiness.ts";
import { isCalled } from "./is-called.ts";
import type { AttendedProcess, Program, ProgramSurroundings, Variables } from "./program.ts";

/** @throws {ReefError} `not_found` (`no_program`); `invalid_argument` for no folder, or a contract that is none */
export async function foreignProgram(
  spec: RunSpec,
  { registry, log }: ProgramSurroundings,
): Promise<Program> {
  const { command: words = [], folder, env = {}, readiness = "port", port } = spec;
  const [word = "", ...args] = words;
  if (folder === undefined) throw noFolder(words.join(" "));
  const contract = spec.contract && checkDescriptor(spec.contract);
  const command = await findCommand(word, folder, env["PATH"] ?? process.env["PATH"]);
  return {
    name: commandName(words),
    source: words.join(" "),
    command,
    args,
    folder,
    prepare: () => prepare(env),
    async attend(attended) {
      const { leaving, variables } = attended;
      const privatePort = Number(variables["PORT"]);
      if (!isCalled(spec)) {
        attended.ready();
        return await fired(leaving);
      }
      await using listed = new ForeignNode({
        registry,
        log,
        node: nodeOf(attended, { contract, privatePort, publicPort: port }),
        contract: contract ?? noContract(attended.name),
      });
      if (!(await untilReady({ readiness, port: privatePort, signal: leaving }))) return;
      await listed.ready();
      await fired(leaving);
      await listed[Symbol.asyncDispose]();
      // Callers hear of it in a moment, and what they have sent by then is answered; by one that ended, nothing is.
      if (processIdentity(attended.pid)) await sleep(lastCallsMs);
    },
  };
}

/** Between the end of a node and that of its process. Longer calls are the program's to finish, after SIGTERM. */
const lastCallsMs = 150;

/** What a program promises that is only routed to. */
function noContract(name: string): ContractDescriptor {
  return { name, version: "0.0.0", methods: {} };
}

/** Its own address for this start, and lines of output when they are written, not when a buffer is full. */
async function prepare(env: Variables): Promise<Variables> {
  return {
    PORT: String(await freePort()),
    ...(env["PYTHONUNBUFFERED"] === undefined && { PYTHONUNBUFFERED: "1" }),
  };
}

/** Free a moment ago. Who loses it to somebody else ends, and gets another with its next start. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      // It listens on TCP, so its address is an object.
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function nodeOf(
  { namespace, name, instance, pid }: AttendedProcess,
  of: {
    readonly contract: ContractDescriptor | undefined;
    readonly privatePort: number;
    readonly publicPort: number | undefined;
  },
): Omit<Node, "state"> {
  const contract = of.contract ?? noContract(name);
  return {
    id: `${contract.name}-${instance}`,
    namespace,
    service: contract.name,
    version: contract.version,
    addresses: [`http://127.0.0.1:${of.privatePort}`],
    contractDigest: digestOf(contract),
    metadata: {
      instance,
      pid: String(pid),
      ...(of.publicPort !== undefined && { [publicPortKey]: String(of.publicPort) }),
    },
  };
}

function noFolder(command: string): ReefError {
  return new ReefError(
    "invalid_argument",
    `Cannot run "${command}": a command needs the folder that it is started in; give it as "folder"`,
    { maybeExecuted: false },
  );
}
