/** Interim answers (1xx): a program may say a few of them before its answer, and one that never ends costs a core. */
import type { ClientRequest } from "node:http";

import type { ReefError } from "../../core/errors.ts";

/** Beyond so many of them the request ends with the error that is made of the rule. */
export function limitInterim(
  request: ClientRequest,
  answersMax: number,
  error: (rule: string) => ReefError,
): void {
  let answers = 0;
  request.on("information", () => {
    answers += 1;
    if (answers === answersMax + 1) {
      request.destroy(error(`it sent more than ${answersMax} interim answers (1xx)`));
    }
  });
}
