/** The ways into a platform in one form: over HTTP and gRPC as in `test/doors`, and over reef's own wire. */
import type { Contract } from "../../src/contract/contract.ts";
import { DeadlineSweep } from "../../src/core/deadline.ts";
import { ReefError } from "../../src/core/errors.ts";
import type { CredentialSource } from "../../src/core/identity.ts";
import { createAddressRoute } from "../../src/rpc/address-route.ts";
import { createClient, type Client, type Route } from "../../src/rpc/client.ts";
import { ConnectionPool } from "../../src/rpc/connection-pool.ts";
import { identifiedRoute } from "../../src/rpc/identified-route.ts";
import { Passes } from "../../src/rpc/passes.ts";
import { openConnection } from "../../src/rpc/wire/connect.ts";
import { askedOf, type Ended, type Entrance } from "../doors/entrances.ts";
import { type Role, roles, type Tokens } from "./roles.ts";

export interface Question {
  readonly contract: Contract;
  readonly method: string;
  /** As JSON. */
  readonly input: object;
  readonly role: Role;
  readonly namespace: string;
}

/** Disposing closes its connections. */
export interface Gate extends AsyncDisposable {
  readonly name: string;
  /** Undefined for what cannot be asked this way. */
  ask(question: Question): Promise<Ended> | undefined;
}

/** Where the namespace of a call is in a header; a service's own port has one namespace, and needs none. */
export function headerGate(
  { name, takes, ask, [Symbol.asyncDispose]: close }: Entrance,
  place: string,
  { tokens, namesNamespace }: { readonly tokens: Tokens; readonly namesNamespace: boolean },
): Gate {
  return {
    name: `${name} at ${place}`,
    ask({ contract, method, input, role, namespace }) {
      const asked = askedOf(contract, method, input);
      if (!takes(asked.kind)) return undefined;
      const token = tokens.get(role);
      return ask(asked, {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(namesNamespace && { "reef-namespace": namespace }),
      });
    },
    [Symbol.asyncDispose]: close,
  };
}

/** The native wire: each has a connection and says in HELLO who it is, or all share one and say it by AUTH. */
export function nativeGates(address: string, place: string, tokens: Tokens): Gate[] {
  const [hello, auth] = [helloRoutes(address, tokens), authRoutes(address, tokens)];
  return [nativeGate(`HELLO at ${place}`, hello), nativeGate(`AUTH at ${place}`, auth)];
}

interface Routes extends AsyncDisposable {
  routeOf(role: Role): Route;
  /** Of each call. */
  tokenOf(role: Role): string | undefined;
}

function helloRoutes(address: string, tokens: Tokens): Routes {
  const stack = new AsyncDisposableStack();
  const routes = new Map(
    roles.map((role) => {
      const token = tokens.get(role);
      const credentials = token === undefined ? undefined : always(token);
      const open = (to: string, signal: AbortSignal) => openConnection(to, { signal, credentials });
      return [role, createAddressRoute(address, stack.use(new ConnectionPool(open)))];
    }),
  );
  return {
    routeOf: (role) => routes.get(role) ?? missing(role),
    tokenOf: () => undefined,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function authRoutes(address: string, tokens: Tokens): Routes {
  const pool = new ConnectionPool((to, signal) => openConnection(to, { signal }));
  // Shown as it is: whoever attacks has no reason to bind it.
  const auth = {
    exchange: async (token: string) => ({ token, expiresMs: Date.now() + 3_600_000 }),
  };
  const passes = new Passes({ auth });
  const route = identifiedRoute(createAddressRoute(address, pool), passes);
  return {
    routeOf: () => route,
    tokenOf: (role) => tokens.get(role),
    async [Symbol.asyncDispose]() {
      await passes[Symbol.asyncDispose]();
      await pool[Symbol.asyncDispose]();
    },
  };
}

function missing(role: Role): never {
  throw new Error(`Nobody is ${role}`);
}

function always(token: string): CredentialSource {
  return { token: () => token, onChange: () => ({ [Symbol.dispose]() {} }) };
}

/** Any method of a client. */
type Ask = (input: unknown, options: object) => PromiseLike<unknown> & AsyncIterable<unknown>;

function nativeGate(name: string, routes: Routes): Gate {
  const deadlines = new DeadlineSweep();
  const clients = new Map<string, Client>();
  function clientOf({ contract, role, namespace }: Question): Client {
    const key = `${role} ${namespace} ${contract.name}`;
    const known = clients.get(key);
    if (known) return known;
    const made = createClient(contract, { route: routes.routeOf(role), deadlines, namespace });
    clients.set(key, made);
    return made;
  }
  return {
    name,
    ask(question) {
      const { contract, method, role } = question;
      const { kind, input: message } = contract.methods[method] ?? missing(role);
      // It is sent, and what becomes of it nobody is told.
      if (kind === "notify") return undefined;
      const bytes = Buffer.from(JSON.stringify(question.input));
      const value = message.json.decode(bytes, 0, bytes.length);
      // Clients have a function for each method of their contract.
      const ask = clientOf(question)[method] as unknown as Ask;
      const isStream = kind === "client_stream" || kind === "bidi_stream";
      const answers = ask(isStream ? once(value) : value, { as: routes.tokenOf(role) });
      const hasMany = kind === "server_stream" || kind === "bidi_stream";
      return endedOf(hasMany ? firstOf(answers) : answers);
    },
    [Symbol.asyncDispose]: () => routes[Symbol.asyncDispose](),
  };
}

async function* once(value: unknown): AsyncGenerator<unknown> {
  yield value;
}

async function firstOf(answers: AsyncIterable<unknown>): Promise<void> {
  for await (const answer of answers) {
    void answer;
    return;
  }
}

async function endedOf(answer: PromiseLike<unknown>): Promise<Ended> {
  try {
    await answer;
    return { code: undefined, text: "" };
  } catch (error) {
    if (!(error instanceof ReefError)) throw error;
    return { code: error.code, text: error.message };
  }
}
