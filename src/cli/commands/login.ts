import { peekToken } from "../../core/peek-token.ts";
import { Environments } from "../../framework/environments/environments.ts";
import { keptOf } from "../../framework/environments/login-credentials.ts";
import { Logins } from "../../framework/environments/logins.ts";
import { askLine, askSecret, pipedSecret } from "../ask.ts";
import { shownEnvironment } from "../chosen-environment.ts";
import { command, type CommandContext } from "../command.ts";
import { lockConfig } from "../config-lock.ts";
import { failure, usageError } from "../failure.ts";
import { endLogin } from "../logout.ts";
import { printJson } from "../print.ts";

export const login = command({
  name: "login",
  summary: "Log in to another environment",
  about: `Asks for the secret of the account, which no screen shows, and keeps what it got for it in a file that only
you can read. Commands renew it by themselves; it ends after thirty days without a command, by \`reef logout\`, or
when an owner there ends it. On this machine there is nothing to log in to: whoever may read the state folder of the
platform is its owner.`,
  examples: [
    ["reef login ann --env staging", "asks for the secret of ann"],
    ["reef login service:ci --env staging --secret-stdin < secret", "in a script"],
    ["reef whoami --env staging", "who one is there, and until when"],
  ],
  positionals: {
    account: {
      description: "ann for user:ann, or service:ci; asked for when left out",
      optional: true,
    },
  },
  options: {
    "secret-stdin": { type: "flag", description: "The secret is read from stdin, to its end" },
  },
  async run(context, given) {
    const environment = context.environment();
    if (!environment) throw nothingToLogInTo();
    // Nobody types a secret for a platform that does not answer.
    const platform = await context.platform({ anonymous: true });
    const piped = given["secret-stdin"];
    const account = accountOf(given.account ?? (await askAccount(context, piped)));
    const question = `Secret of ${account} at ${shownEnvironment(environment)}`;
    const secret = piped ? await pipedSecret(context.stdin) : await askSecret(context, question);
    const { env, signal, clock, namespace } = context;
    const tokens = await platform.auth.login(account, secret, { signal });
    const about = peekToken(tokens.accessToken);
    const logins = new Logins(env);
    // The session before it would stay open there, and nobody would have it.
    await endLogin(context, environment);
    using _ = await lockConfig(logins.pathOf(environment.name), signal);
    const kept = { url: environment.url, account, namespace: about?.ns ?? namespace };
    await logins.write(environment, { ...kept, ...keptOf(tokens, clock) });
    if (kept.namespace !== (environment.namespace ?? "default")) {
      const lock = (path: string) => lockConfig(path, signal);
      await new Environments({ env, lock }).setNamespace(environment.name, kept.namespace);
    }
    const shown = { environment: environment.name, account, namespace: kept.namespace };
    if (context.globals.json) await printJson(context, shown);
    else
      await context.stdout.write(`${account} is logged in at ${shownEnvironment(environment)}\n`);
    return 0;
  },
});

/** `ann` is a person: most who log in are. */
function accountOf(word: string): string {
  return word.includes(":") ? word : `user:${word}`;
}

async function askAccount(context: CommandContext, piped: boolean): Promise<string> {
  if (piped || !context.stdin.isTty) {
    throw usageError("Missing ACCOUNT, and nobody can be asked", { tryNext: "reef login --help" });
  }
  const account = await askLine(context, "Account", context.env["USER"]);
  if (account !== "") return account;
  throw usageError("Missing ACCOUNT", { tryNext: "reef login --help" });
}

function nothingToLogInTo() {
  const rule = "this is the environment local, whose owner is whoever may read its state folder";
  return failure(
    "failed_precondition",
    `Nothing to log in to: ${rule}; name another one with --env`,
    {
      tryNext: "reef env list",
    },
  );
}
