/**
 * A channel: somewhere alerts go.
 *
 * @module
 */
import type { Alert } from "../../lib/alert.ts";
import type { Schema } from "../../lib/targets/target.ts";
import type { SecretForm } from "../config/secrets.ts";
import type { Problem } from "./problems.ts";

/** What a channel works with. */
export interface ChannelEnvironment {
  /** The fetch to call. */
  readonly fetch: typeof globalThis.fetch;
  /** The current time, in milliseconds since the epoch. */
  readonly now: () => number;
  /** Gives the value of a Worker secret, which is set. */
  readonly secret: (name: string) => string;
  /** Gives a binding. */
  readonly binding: (name: string) => unknown;
}

/**
 * Sends one alert.
 *
 * @throws {Error} When it was not taken. Its message says why and what to do, without a secret.
 */
export type SendAlert = (alert: Alert) => Promise<void>;

/** What sends to a channel. */
export interface Sender {
  /** Sends one alert. */
  readonly send: SendAlert;
  /**
   * Sends many as one message, for who reads them; it throws as `send` does.
   * @default {each is sent by itself}
   */
  readonly sendMany?: (alerts: readonly Alert[]) => Promise<void>;
}

/** A secret that a channel needs. */
export interface ChannelSecret {
  /** The member that names it. */
  readonly member: string;
  /** What its value must be. */
  readonly form: SecretForm;
}

/** A kind of channel. */
export interface ChannelDefinition<Config> {
  /** How it is called in the configuration. */
  readonly type: string;
  /** Its members. */
  readonly schema: Schema<Config>;
  /** Its secrets. */
  readonly secrets: readonly ChannelSecret[];
  /** Finds what is wrong with its binding, where it has one. */
  findBindingMistake?(config: Config, binding: unknown): string | undefined;
  /** Makes what sends. */
  create(config: Config, environment: ChannelEnvironment): Sender;
}

/** A channel that is configured. */
export interface Channel extends Sender {
  /** Its name. */
  readonly name: string;
  /** Whether it is to be told of a problem. */
  readonly takes: (account: string, problem: Problem) => boolean;
}
