import { shownEnvironment } from "../chosen-environment.ts";
import { command } from "../command.ts";
import { failure } from "../failure.ts";
import { endLogin } from "../logout.ts";
import { note, printJson } from "../print.ts";

export const logout = command({
  name: "logout",
  summary: "End the login of another environment",
  about: `The session ends there, so that nobody can go on with it, and what was kept of it here is forgotten. When the
platform cannot be reached it is forgotten all the same, and the output says that the session there stays.`,
  examples: [["reef logout --env staging", "commands are nobody known there from now on"]],
  positionals: {},
  options: {},
  async run(context) {
    const environment = context.environment();
    if (!environment) {
      const rule = "on this machine the state folder says who one is, and nobody is logged in";
      throw failure("failed_precondition", `Nothing to log out of: ${rule}`, {
        tryNext: "reef env list",
      });
    }
    const { name } = environment;
    const ended = await endLogin(context, environment);
    if (context.globals.json)
      await printJson(context, { environment: name, ended: ended !== undefined });
    else if (ended === undefined)
      await note(context, `Nobody is logged in at ${shownEnvironment(environment)}`);
    else await context.stdout.write(`${shownEnvironment(environment)}: ${ended}\n`);
    return 0;
  },
});
