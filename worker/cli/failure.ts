/**
 * What ends a command early.
 *
 * @module
 */
import type { ExitCode } from "./world.ts";

/** Ends a command, with words for who called it. They must hold no secret. */
export class Failure extends Error {
  static {
    this.prototype.name = "Failure";
  }
  /** How the command ends. */
  readonly exitCode: ExitCode;

  /**
   * Makes one.
   *
   * @param message What cannot be done, why, and what to do.
   * @param exitCode How the command ends.
   */
  constructor(message: string, exitCode: ExitCode = 2) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The file that was named is not there. */
export class MissingFileFailure extends Failure {
  static {
    this.prototype.name = "MissingFileFailure";
  }
}
