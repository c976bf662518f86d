/**
 * The promise of a room as tests: cases with names, which every driver of the room passes. A driver is excused from a
 * case only by its name with a reason, and only as long as its claim does not hold.
 */
import assert from "node:assert/strict";
import { channel } from "node:diagnostics_channel";
import { test } from "node:test";
import { type Code, ReefError } from "../core/errors.ts";

/**
 * One claim about whatever `open` opens; throws an `AssertionError`, or what the driver refuses, where it does not
 * hold.
 */
export interface Case<Open> {
  readonly name: string;
  run(open: Open): Promise<void>;
}

/** All that a room promises. */
export interface Suite<Open> {
  /** The name of the room. */
  readonly room: string;
  readonly cases: readonly Case<Open>[];
  /** One that takes this long waits for something that will not come. @default 30_000 */
  readonly caseTimeoutMs?: number;
}

/** Reasons by the names of the cases that a driver does not keep. */
export interface Exceptions {
  readonly [name: string]: string;
}

/** What is tested, and what it is excused from. */
export interface SuiteOptions<Open> {
  /** Opens what one case is run on: new, empty, and with nobody else in it. */
  readonly open: Open;
  /** @default none */
  readonly except?: Exceptions;
  /** How the driver is opened here, when it is one of several ways: the tests say it, the table of drivers does not. */
  readonly variant?: string;
  /**
   * What this machine lacks to run the driver, as a sentence; all is then one test that is skipped. @default nothing
   */
  readonly missing?: string | undefined;
}

/** What the test of a driver states, whether or not it can be run here; docs/drivers.md is made of it. */
export interface DriverStatement {
  readonly room: string;
  readonly driver: string;
  readonly except: Exceptions;
  /** Where the room keeps data: what leaves acknowledged writes unharmed. */
  readonly survives?: string;
}

/** The name of the channel of `node:diagnostics_channel` on which each suite that is run says its `DriverStatement`. */
export const statementChannel = "reef:driver-statement";

/** Runs the cases on a driver, as tests of `node:test`. */
export function runSuite<Open>(
  { room, cases, caseTimeoutMs: timeout = 30_000 }: Suite<Open>,
  driver: string,
  options: SuiteOptions<Open> & Pick<DriverStatement, "survives">,
): void {
  const { open, except = {}, variant, missing, survives } = options;
  for (const name of Object.keys(except)) {
    const isKnown = cases.some((each) => each.name === name);
    assert(isKnown, `Cannot except "${name}" for ${driver}: the suite of ${room} has no such case`);
  }
  const statement: DriverStatement = { room, driver, except, ...(survives && { survives }) };
  if (variant === undefined) channel(statementChannel).publish(statement);
  const title = variant === undefined ? driver : `${driver}, ${variant},`;
  if (missing !== undefined) {
    test(`${title} keeps the promise of ${room}`, { skip: missing });
    return;
  }
  for (const { name, run } of cases) {
    const reason = except[name];
    if (reason === undefined) {
      test(`${title} ${name}`, { timeout }, () => run(open));
    } else {
      // Not a skip: an exception that nothing needs any more would hide the next failure.
      test(`${title} does not keep "${name}": ${reason}`, { timeout }, () =>
        assert.rejects(run(open), isAboutTheClaim),
      );
    }
  }
}

/** A case that hangs, or breaks where it opens the driver, says nothing of the claim; a driver that cannot says so. */
function isAboutTheClaim(thrown: unknown): boolean {
  if (thrown instanceof assert.AssertionError) return true;
  return thrown instanceof ReefError && cannotCodes.includes(thrown.code);
}

/** What a driver answers that can never do what it is asked for, or not as much of it. */
const cannotCodes: readonly Code[] = ["unimplemented", "resource_exhausted"];

/** Excuses from all of these cases, for one reason. */
export function exceptAll(cases: readonly { readonly name: string }[], reason: string): Exceptions {
  return Object.fromEntries(cases.map(({ name }) => [name, reason]));
}
