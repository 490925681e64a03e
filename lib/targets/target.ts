/**
 * What a target is: a place a token is delivered to, with the best proof it offers that it holds it.
 *
 * @module
 */

/** One token on its way to one place. */
export interface Delivery {
  /** The credential's name in the configuration. */
  readonly credential: string;
  /** The generation of the token, from 1 on. */
  readonly generation: number;
  /** The id of the Heroku authorization the token belongs to. */
  readonly authorization: string;
  /** The token itself. It goes into the request to the target, and nowhere else. */
  readonly token: string;
  /**
   * When Heroku created the authorization (ISO 8601, UTC). A target that can compare refuses to replace
   * a newer one by this: generations start again when the ledger and all authorizations are lost,
   * Heroku's clock does not.
   */
  readonly createdAt: string;
  /** When the token expires (ISO 8601, UTC), or null for one that never does. */
  readonly expiresAt: string | null;
  /** The same for every repetition of this delivery, and different for any other token. */
  readonly idempotencyKey: string;
}

/**
 * What a target answered to a delivery, as flat JSON: the evidence that {@linkcode Target.confirm}
 * needs later. It is kept in the ledger and in the Workflow's storage, so it never holds a token.
 */
export type Receipt = Readonly<Record<string, string | number | boolean | null>>;

/**
 * How strong the evidence is that a target holds this generation's token, strongest first:
 *
 * - `exact`: the value was read back and is the token;
 * - `suffix`: its last characters were read back and are the token's;
 * - `receipt`: the target answered with the token's fingerprint;
 * - `timestamp`: the target says that it was written when we wrote it, and not since;
 * - `existence`: the target took the write and has a value of that name.
 */
export type ProofKind = "exact" | "suffix" | "receipt" | "timestamp" | "existence";

/** The evidence that a target holds a token. */
export interface Proof {
  /** How strong it is. */
  readonly kind: ProofKind;
  /** What was seen, in a few words for the operator; never the token. */
  readonly detail: string;
}

/** What a single delivery or confirmation may use beyond its delivery. */
export interface TargetContext {
  /** Ends the request when the rotation gives up waiting. */
  readonly signal?: AbortSignal;
}

/** A place a token is delivered to. */
export interface Target {
  /**
   * Writes the token. It is an upsert, may be repeated with the same delivery to no further effect,
   * and leaves everything beside the value as it was.
   *
   * @throws {TargetError} When the target did not take the token.
   */
  deliver(delivery: Delivery, context: TargetContext): Promise<Receipt>;
  /**
   * Reads back the best proof that the target holds the token of this delivery *now*.
   *
   * @param receipt What {@linkcode Target.deliver} answered for this delivery.
   * @throws {TargetError} With code `mismatch` when the target holds something else.
   */
  confirm(delivery: Delivery, receipt: Receipt, context: TargetContext): Promise<Proof>;
}

/** What a target is given to be made from its configuration. */
export interface TargetEnvironment {
  /** The fetch to call. */
  readonly fetch: typeof fetch;
  /** The current time in milliseconds since the epoch. */
  now(): number;
  /**
   * The value of a Worker secret.
   *
   * @throws {TargetError} With code `unauthorized` when the secret is not set.
   */
  secret(name: string): string;
  /**
   * Heroku's API, for targets that are at Heroku.
   * @default {`https://api.heroku.com`}
   */
  readonly herokuBaseUrl?: string;
  /** The Worker's own store. */
  readonly store?: TokenStore;
}

/** The Worker's own store of current tokens, sealed in its ledger. */
export interface TokenStore {
  /**
   * Hands out this delivery's token from now on.
   *
   * @returns Whether it does: false when it hands out a newer generation.
   */
  serve(delivery: Delivery): Promise<boolean>;
  /** The token it hands out for a credential; undefined for none. */
  read(credential: string): Promise<string | undefined>;
}

/**
 * A validator of the Standard Schema kind (https://standardschema.dev), which valibot, zod and
 * arktype all are. Validation must be synchronous.
 */
export interface Schema<Output> {
  /** The members that Standard Schema prescribes. */
  readonly "~standard": {
    /** The version of the standard. */
    readonly version: 1;
    /** The library that made it. */
    readonly vendor: string;
    /** Checks a value. */
    readonly validate: (
      value: unknown,
    ) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    /** Only for inference; nothing reads it. */
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

/** The outcome of a validation: the value, or what is wrong with it. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One thing that is wrong with a value. */
export interface SchemaIssue {
  /** What is wrong, in words. */
  readonly message: string;
  /** Where. */
  readonly path?:
    | readonly (PropertyKey | { readonly key: PropertyKey })[]
    | undefined;
}

/** A kind of target: all that adding one takes. */
export interface TargetDefinition<Config> {
  /** The value of `type` in the configuration, such as `heroku-config-var`. */
  readonly type: string;
  /** The strongest proof it offers. */
  readonly proof: ProofKind;
  /**
   * Whether the place may already hold the token of an authorization that Herotate found in Heroku
   * and did not make. Where it cannot, as in the built-in store, adoption makes a replacement at
   * once.
   * @default {true}
   */
  readonly mayHoldAdopted?: boolean;
  /**
   * Whether it needs the ledger to keep the sealed token while it is current.
   * @default {false}
   */
  readonly retainsToken?: boolean;
  /** Checks the members of the configuration other than `type` and `required`. */
  readonly schema: Schema<Config>;
  /**
   * Names the place it writes, the same for any two configurations that write the same place: two
   * credentials that do are refused.
   */
  place(config: Config): string;
  /**
   * Whether two configurations with different places write the same one after all, or one a part of
   * the other. Two targets that do are refused as well.
   * @default {never}
   */
  overlaps?(one: Config, other: Config): boolean;
  /**
   * The names of the Worker secrets that it needs, so that a missing one is reported at once. The
   * members that they are written in had best end in `_secret`.
   */
  secrets(config: Config): readonly string[];
  /**
   * Those of {@linkcode TargetDefinition.secrets} that it signs with and sends in no header, so
   * that they may hold any character.
   * @default {none}
   */
  signingSecrets?(config: Config): readonly string[];
  /** Makes the target. Nothing is requested yet. */
  create(config: Config, environment: TargetEnvironment): Target;
}

/**
 * Why a target did not take or hold a token. The first five need an operator and are not retried;
 * the others pass by themselves or on another delivery.
 */
export type TargetErrorCode =
  | "unauthorized"
  | "forbidden"
  | "not_found"
  | "invalid_value"
  | "superseded"
  | "rate_limited"
  | "unavailable"
  | "mismatch";

/** A target's refusal or failure. Its message says what to do next and never holds a token. */
export class TargetError extends Error {
  static {
    this.prototype.name = "TargetError";
  }
  /** What kind of failure it is. */
  readonly code: TargetErrorCode;
  /** The HTTP status of the answer, where there was one. */
  readonly status?: number;
  /** How long the target asked to wait, in milliseconds, where it did. */
  readonly retryAfter?: number;

  /** Makes an error from a code and a message that says what to do next. */
  constructor(
    code: TargetErrorCode,
    message: string,
    options: { readonly status?: number; readonly retryAfter?: number } = {},
  ) {
    super(message);
    this.code = code;
    if (options.status !== undefined) this.status = options.status;
    if (options.retryAfter !== undefined) this.retryAfter = options.retryAfter;
  }

  /** Whether trying again may help without anybody changing anything. */
  get retryable(): boolean {
    return this.code === "rate_limited" || this.code === "unavailable" || this.code === "mismatch";
  }
}
