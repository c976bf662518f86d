/** Cases about rules, and about what a door is told of them. */
import type { AuthEvent } from "../../../core/identity.ts";
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import type { Resource, Rule } from "../../../core/access-rules.ts";
import { soon } from "../../../testing/soon.ts";
import type { AuthCase } from "../conformance.ts";
import type { Auth } from "../index.ts";
import { ann, grant, loginAnn, realmOf, refused, verified, withAnn } from "./fixture.ts";

const hello: Resource = { type: "service", name: "greeter", endpoint: "hello" };

export const ruleCases: readonly AuthCase[] = [
  {
    name: "rules() are those that were put, heaviest first, until they are deleted",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      assert.deepEqual(await realm.rules(), []);
      const [light, heavy] = [grant("a"), grant("b", { priority: 5 })];
      await realm.putRule(light);
      await realm.putRule(heavy);
      assert.deepEqual(await realm.rules(), [heavy, light]);
      await realm.putRule({ ...light, priority: 9 });
      assert.deepEqual(
        (await realm.rules()).map(({ id }) => id),
        [light.id, heavy.id],
      );
      assert.equal(await realm.deleteRule(light.id), true);
      assert.equal(await realm.deleteRule(light.id), false);
      assert.deepEqual(await realmOf(it, "other").rules(), []);
      for (const bad of [{ id: "A b" }, { scope: "a b" }, { priority: 0.5 }] as Partial<Rule>[]) {
        await refused(realm.putRule({ ...light, ...bad }), "invalid_argument");
      }
    },
  },
  {
    name: "explain() says what would become of a question and which rule says so",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      await withAnn(realm, ["staff"]);
      assert.deepEqual(await realm.explain(ann, hello), { allowed: false });
      const rule = grant("staff", { resource: { ...hello, endpoint: "*" } });
      await realm.putRule(rule);
      assert.deepEqual(await realm.explain(ann, hello), { allowed: true, rule });
      assert.deepEqual(await realm.explain(undefined, hello), { allowed: false });
      await refused(realm.explain("user:bob", hello), "not_found");
      await realm.changeAccount(ann, { disabled: true });
      assert.deepEqual(await realm.explain(ann, hello), { allowed: false });
    },
  },
  {
    name: "watch() tells keys, rules and revocations as they are, once complete, then each change",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      await withAnn(realm);
      const tokens = await loginAnn(realm);
      await realm.putRule(grant("a"));
      await using watch = openWatch(it.auth);
      const present = await watch.until("complete");
      assert.deepEqual(
        present.filter(({ kind }) => kind === "rules"),
        [{ kind: "rules", namespace: "default", rules: [grant("a")] }],
      );
      assert.deepEqual(
        present.flatMap((event) => (event.kind === "key" ? [event.key] : [])),
        (await it.auth.keys()).keys,
      );
      await realm.putRule(grant("b", { priority: 1 }));
      const [rules] = await watch.until("rules");
      assert.deepEqual(rules, {
        kind: "rules",
        namespace: "default",
        rules: [grant("b", { priority: 1 }), grant("a")],
      });
      await realm.deleteRule("grant-b");
      assert.equal((await watch.until("rules")).length, 1);
      const { session } = await verified(it.auth, tokens);
      await realm.endSession(session);
      const revoked = (await watch.until("revoked")).at(-1);
      assert.equal(revoked?.kind === "revoked" && revoked.session, session);
    },
  },
  {
    name: "watch() ends without an error when its signal fires or it is left, and leaves nothing behind",
    async run(open) {
      await using it = await open();
      const controller = new AbortController();
      const { signal } = controller;
      const left = openWatch(it.auth, signal);
      await left.until("complete");
      await soon("The end of the watch", left[Symbol.asyncDispose]());
      await using watch = openWatch(it.auth, signal);
      await watch.until("complete");
      const next = watch.next();
      controller.abort();
      assert.equal((await soon("The end of the watch", next)).done, true);
      assert.equal(getEventListeners(signal, "abort").length, 0);
    },
  },
  {
    name: "every method rejects with the reason of a signal that has fired, and does nothing",
    async run(open) {
      await using it = await open();
      const { auth } = it;
      const realm = realmOf(it);
      await withAnn(realm);
      const { refreshToken, accessToken } = await loginAnn(realm);
      const before = [(await realm.sessions()).items, await auth.keys(), await realm.rules()];
      const options = { signal: AbortSignal.abort(new Error("enough")) };
      const calls = [
        realm.createAccount({ id: "user:bob" }, options),
        realm.account(ann, options),
        realm.accounts(options),
        realm.changeAccount(ann, { disabled: true }, options),
        realm.renewSecret(ann, options),
        realm.deleteAccount(ann, options),
        realm.login(ann, "wrong", options),
        realm.refresh(refreshToken, options),
        realm.issue(ann, options),
        realm.createToken(ann, options),
        realm.sessions(options),
        realm.endSession("s", options),
        realm.rules(options),
        realm.putRule(grant("a"), options),
        realm.deleteRule("a", options),
        realm.explain(ann, hello, options),
        realm.audit(options),
        auth.keys(options),
        auth.rotateKeys(options),
        auth.verify(accessToken, "gateway", options),
      ];
      for (const outcome of await Promise.allSettled(calls)) {
        assert.equal(outcome.status === "rejected" && outcome.reason.message, "enough");
      }
      const after = [(await realm.sessions()).items, await auth.keys(), await realm.rules()];
      assert.deepEqual(after, before);
      assert.ok(await loginAnn(realm));
    },
  },
];

function openWatch(auth: Auth, signal?: AbortSignal) {
  const events = auth.watch({ signal })[Symbol.asyncIterator]();
  const next = () => soon("An event of the watch", events.next());
  return {
    next,
    /** All events up to one of this kind, that one included. */
    async until(kind: AuthEvent["kind"]): Promise<AuthEvent[]> {
      const all: AuthEvent[] = [];
      do {
        const { done, value } = await next();
        if (done) assert.fail("the watch ended");
        all.push(value);
      } while (all.at(-1)?.kind !== kind);
      return all;
    },
    [Symbol.asyncDispose]: async () => void (await events.return?.()),
  };
}
