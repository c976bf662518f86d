/** What the actions of `reef auth` are to it, and what they have in common. */
import type { Realm } from "../../../blocks/auth/index.ts";
import type { Resource } from "../../../core/access-rules.ts";
import type { CommandContext } from "../../command.ts";
import { usageError } from "../../failure.ts";

export type Action = {
  /** How many words follow it. */
  readonly words: 0 | 1 | 2;
  /** Those flags of the command that mean something to it. */
  readonly flags: readonly string[];
} & (
  | { run(context: CommandContext, realm: Realm, words: Words): Promise<void> }
  /** Where the platform may let nobody in. */
  | { alone(context: CommandContext): Promise<void> }
);

/** What was typed behind `reef auth ACTION`. */
export interface Words {
  readonly id: string | undefined;
  /** The second word. */
  readonly about: string | undefined;
  readonly resource: string | undefined;
  readonly scope: readonly string[];
  readonly stdin: boolean;
  readonly disable: boolean;
  readonly enable: boolean;
  readonly deny: boolean;
  readonly priority: number | undefined;
  readonly ttl: number | undefined;
  readonly note: string | undefined;
  readonly audience: string | undefined;
  readonly force: boolean;
  readonly account: string | undefined;
  readonly refused: boolean;
  readonly since: number | undefined;
  readonly limit: number | undefined;
}

/** The help that a wrong line of this command points to. */
export const tryNext = "reef auth --help";

/** `ann` is a person: most accounts that are typed are. */
export function accountOf({ id = "" }: Pick<Words, "id">): string {
  return id.includes(":") ? id : `user:${id}`;
}

const resourceTypes: ReadonlySet<string> = new Set(["service", "block", "*"]);

/** `service:greeter:hello`; what is left out at the end is all of it. */
export function resourceOf(text: string): Resource {
  const [type = "", name = "*", ...rest] = text.split(":");
  const endpoint = rest.join(":") || "*";
  if (type !== "" && name !== "") {
    // A rule of another type would forbid nothing, without a word.
    if (resourceTypes.has(type)) return { type, name, endpoint };
    throw usageError(
      `Cannot read the resource ${JSON.stringify(text)}: "${type}" is no type of resource; write service:${text} for a service, block:${text} for a part of the platform`,
      { tryNext },
    );
  }
  throw usageError(
    `Cannot read the resource ${JSON.stringify(text)}: it is TYPE:NAME:ENDPOINT, such as service:greeter:hello`,
    { tryNext },
  );
}

export function shownResource({ type, name, endpoint }: Resource): string {
  return `${type}:${name}:${endpoint}`;
}
