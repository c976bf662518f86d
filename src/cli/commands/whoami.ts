import { AuthContract } from "../../blocks/auth/contract.ts";
import { localEnvironment } from "../../framework/environments/environments.ts";
import { Logins } from "../../framework/environments/logins.ts";
import { shownEnvironment } from "../chosen-environment.ts";
import { command, type CommandContext } from "../command.ts";
import { formatDuration } from "../duration.ts";
import { failure } from "../failure.ts";
import { printJson } from "../print.ts";

export const whoami = command({
  name: "whoami",
  summary: "Show who commands are done by, and where",
  about: `The environment, the account with its namespace and scopes, and until when its token is good; commands renew
that by themselves. The platform is asked: a login that was revoked there is an error, and the text says what to type.`,
  examples: [
    ["reef whoami", "who one is in the current environment"],
    ["reef whoami --env staging --json", "for a script"],
  ],
  positionals: {},
  options: {},
  async run(context) {
    const who = context.environment() ? await there(context) : await here(context);
    if (context.globals.json) await printJson(context, who.data);
    else await context.stdout.write(`${who.lines.join("\n")}\n`);
    return 0;
  },
});

interface Who {
  readonly data: object;
  readonly lines: readonly string[];
}

/** On this machine. */
async function here(context: CommandContext): Promise<Who> {
  const platform = await context.platform();
  const self = await platform.self();
  const place = `environment  ${localEnvironment} (this machine, ${platform.control})`;
  if (self.kind === "anonymous") {
    return {
      data: { environment: localEnvironment, account: null },
      lines: ["nobody known", place],
    };
  }
  const { id: account, namespace, scopes } = self;
  return {
    data: { environment: localEnvironment, account, namespace, scopes },
    lines: [
      account,
      place,
      `namespace    ${namespace}`,
      `scopes       ${scopes.join(" ") || "none"}`,
    ],
  };
}

async function there(context: CommandContext): Promise<Who> {
  const environment = context.environment();
  const { env, signal, clock } = context;
  const logins = new Logins(env);
  if (!environment || !(await logins.read(environment))) throw notLoggedIn(context);
  const platform = await context.platform();
  const self = await platform.self();
  // It may have been renewed by now.
  const login = await logins.read(environment);
  if (!login || self.kind === "anonymous") throw notLoggedIn(context);
  await using auth = platform.client(AuthContract);
  // A question that everybody known may ask: whoever was logged out there is refused.
  await auth.exchange({ token: login.accessToken, audience: "auth" }, { signal });
  const { id: account, namespace, scopes } = self;
  const { name, url } = environment;
  const expires = new Date(login.expiresMs).toISOString();
  const left = formatDuration(Math.max(0, login.expiresMs - clock.wallMs()));
  return {
    data: { environment: name, url, account, namespace, scopes, expires },
    lines: [
      account,
      `environment  ${shownEnvironment(environment)}`,
      `namespace    ${namespace}`,
      `scopes       ${scopes.join(" ") || "none"}`,
      `token        good for ${left}; commands renew it`,
    ],
  };
}

function notLoggedIn(context: CommandContext) {
  const environment = context.environment();
  const place = environment ? shownEnvironment(environment) : localEnvironment;
  return failure("unauthenticated", `Nobody is logged in at ${place}`, {
    tryNext: `reef login --env ${environment?.name ?? localEnvironment}`,
  });
}
