/**
 * Says for each call who makes it and on whose behalf, in a way that only the service that is called can read: a
 * service can do nothing elsewhere with what it was shown.
 */
import type { Auth } from "../blocks/auth/index.ts";
import { audienceOf } from "../core/audience.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { ReefError } from "../core/errors.ts";
import { type BoundToken, type CredentialSource, parseTokenId } from "../core/identity.ts";
import { type PeekedToken, peekToken } from "../core/peek-token.ts";
import type { ClientCall, ClientMethod } from "./client-call.ts";
import { callContext } from "./context.ts";
import { Pass } from "./pass.ts";

export interface PassesOptions {
  /** Where tokens are exchanged. Subjects need that it knows who asks. */
  readonly auth: Pick<Auth, "exchange">;
  /** Who this process is; absent for an edge, which has no power of its own. */
  readonly credentials?: CredentialSource | undefined;
  readonly clock?: Clock;
}

/** How long no is an answer: a program that has just listed itself under another name is soon known by that. */
const refusedForMs = 10_000;

/** Tokens of others that were exchanged: users who call at about the same time. */
const basesMax = 10_000;

/** A token and what it was exchanged for, by the names of services. */
class Base {
  token: string;
  about: PeekedToken | undefined;
  readonly passes = new Map<string, Pass | Promise<Pass>>();
  /** The last that was shown, and for which method: most callers call the same one again. */
  last: { readonly method: ClientMethod; readonly pass: Pass } | undefined;
  /** For whom it is not exchanged, and until when: auth does not know this program as the service that was called. */
  readonly refused = new Map<string, number>();

  constructor(token: string) {
    this.token = token;
    this.about = peekToken(token);
  }

  /** Whose it is, whichever token of that login it stands on. */
  get login(): string | undefined {
    if (!this.about) return undefined;
    const { sub, ns, aud = "", sid } = this.about;
    return [parseTokenId(sid).session, sub, ns, aud].join(" ");
  }

  get generation(): number {
    return this.about ? parseTokenId(this.about.sid).generation : 0;
  }

  renew(token: string): void {
    this.token = token;
    this.about = peekToken(token);
    for (const pass of this.passes.values()) if (pass instanceof Pass) pass.outdate();
  }
}

export class Passes implements AsyncDisposable {
  readonly #auth: Pick<Auth, "exchange">;
  readonly #clock: Clock;
  readonly #credentials: CredentialSource | undefined;
  readonly #listening: Disposable | undefined;
  /** Of this process; undefined while it has not been asked for, null when it is nobody known. */
  #own: Base | null | undefined;
  readonly #bases = new Map<string, Base>();
  /** The last of each login. */
  readonly #logins = new Map<string, Base>();

  constructor({ auth, credentials, clock = systemClock }: PassesOptions) {
    this.#auth = auth;
    this.#clock = clock;
    this.#credentials = credentials;
    if (!credentials) this.#own = null;
    this.#listening = credentials?.onChange(() => void this.#renewOwn(credentials));
  }

  /** Gives a call its passes; a promise where a token has to be exchanged first, which rejects when it cannot be. */
  prepare(call: ClientCall): Promise<void> | undefined {
    const own = this.#own === undefined ? this.#learnOwn() : this.#own;
    if (own instanceof Promise) return own.then(() => this.prepare(call));
    const { parent } = call;
    const { as } = call.carried;
    const base = as === undefined ? own : this.#baseOf(as);
    const identity = base ? this.#pass(base, call) : undefined;
    const subject = parent?.proof === undefined ? undefined : this.#subject(parent.proof, call);
    if (identity instanceof Promise || subject instanceof Promise) {
      return assign(call, identity, subject);
    }
    call.identity = identity;
    call.subject = subject;
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listening?.[Symbol.dispose]();
  }

  async #learnOwn(): Promise<Base | null> {
    const token = await this.#credentials?.token();
    return (this.#own ??= token === undefined ? null : new Base(token));
  }

  async #renewOwn(credentials: CredentialSource): Promise<void> {
    const token = await credentials.token();
    // Without another one the last is shown for as long as it is good.
    if (token === undefined) return;
    if (!this.#own) {
      this.#own = new Base(token);
      return;
    }
    this.#own.renew(token);
  }

  #forget(token: string): void {
    const base = this.#bases.get(token);
    this.#bases.delete(token);
    if (base?.login !== undefined && base.token === token) this.#logins.delete(base.login);
  }

  #baseOf(token: string): Base {
    const known = this.#bases.get(token);
    if (known) return known;
    const base = this.#renewed(token) ?? new Base(token);
    this.#bases.set(token, base);
    if (base.login !== undefined) this.#logins.set(base.login, base);
    const [oldest] = this.#bases.keys();
    if (this.#bases.size > basesMax && oldest !== undefined) this.#forget(oldest);
    return base;
  }

  /** What stands on an earlier token of the same login, streams that run among it, goes on with this one. */
  #renewed(token: string): Base | undefined {
    const next = new Base(token);
    const base = next.login === undefined ? undefined : this.#logins.get(next.login);
    if (!base || next.generation <= base.generation) return undefined;
    base.renew(token);
    return base;
  }

  /** Of the one whom a token is about, for the service that is called. */
  #pass(base: Base, { method, wallMs }: ClientCall): Pass | Promise<Pass> {
    if (base.last?.method === method) return base.last.pass.forCall(wallMs);
    const { namespace, service } = method;
    const audience = audienceOf(base.about?.ns ?? namespace, namespace, service);
    const known = base.passes.get(audience);
    if (known instanceof Promise) return known;
    if (known) {
      base.last = { method, pass: known };
      return known.forCall(wallMs);
    }
    return this.#make(base, audience, () => this.#exchange(base.token, audience));
  }

  /** Says on whose behalf this service acts; undefined when it is none, or was not shown that one as itself. */
  #subject(
    proof: string,
    { method: { namespace, service }, wallMs }: ClientCall,
  ): Pass | Promise<Pass | undefined> | undefined {
    const base = this.#baseOf(proof);
    const own = this.#own?.about;
    if (!base.about || !own?.sub.startsWith("service:")) return undefined;
    const { ns, aud } = base.about;
    const self = audienceOf(ns, own.ns, own.sub.slice("service:".length));
    const audience = audienceOf(ns, namespace, service);
    if (wallMs < (base.refused.get(audience) ?? 0)) return undefined;
    const known = base.passes.get(audience);
    const pass = known instanceof Pass ? known.forCall(wallMs) : known;
    if (pass instanceof Pass) return pass;
    const making =
      pass ??
      this.#make(base, audience, async () => {
        // Who came straight, and not through an edge, has shown more than was needed. It may be another one by now.
        const bound = aud === undefined ? await this.#exchange(base.token, self) : base;
        return this.#exchange(bound.token, audience);
      });
    return making.catch((error) => this.#withoutSubject(error, base, audience));
  }

  /**
   * When it acts for itself alone. Whom auth does not let act for anybody, is not asked for each call. While auth is
   * away services go on for each other; for people they do not, as those may do less than a service.
   */
  #withoutSubject(error: unknown, { refused, about }: Base, audience: string): undefined {
    const { code } = ReefError.from(error);
    if (code === "permission_denied") refused.set(audience, this.#clock.wallMs() + refusedForMs);
    else if (code !== "unavailable" || !about?.sub.startsWith("service:")) throw error;
  }

  #make(base: Base, audience: string, make: () => Promise<BoundToken>): Promise<Pass> {
    const making = make().then(
      (bound) => {
        const pass = new Pass(bound, make, this.#clock);
        base.passes.set(audience, pass);
        return pass;
      },
      (error: unknown) => {
        base.passes.delete(audience);
        throw error;
      },
    );
    base.passes.set(audience, making);
    return making;
  }

  /** Outside of the call that needs it first: others use it, too, when that is long over. */
  #exchange(token: string, audience: string): Promise<BoundToken> {
    return callContext.exit(() => this.#auth.exchange(token, audience));
  }
}

async function assign(
  call: ClientCall,
  identity: Pass | Promise<Pass> | undefined,
  subject: Pass | Promise<Pass | undefined> | undefined,
): Promise<void> {
  // Both are under way: a failure of the second must not be missed while the first is waited for.
  [call.identity, call.subject] = await Promise.all([identity, subject]);
}
