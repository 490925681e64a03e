/**
 * What may last at Heroku in the random worlds of the proof.
 *
 * @module
 */
import type { FakeWorld } from "../../lib/testing/mod.ts";

const minute = 60_000;
const hour = 60 * minute;

/** A condition, and how an observer goes by it. */
export interface Condition {
  readonly world: FakeWorld;
  /** How long it may hide an authorization before that counts as gone; undefined: it hides nothing. */
  readonly patience?: number;
  /** Whether Heroku may refuse for a while what it accepted before. */
  readonly refuses?: boolean;
  /** Whether it names no end, so that whoever has a slow clock sees none coming. */
  readonly endless?: boolean;
}

/** Whoever writes numbers as text. */
function asText(value: unknown): unknown {
  return typeof value === "number" ? String(value) : value;
}

/** In these everything goes on as ever: a tenth of all worlds each, and the good one most often. */
export const lastingConditions: readonly Condition[] = [
  ...Array.from({ length: 12 }, () => ({ world: {} })),
  { world: { renamed: "trimmed" } },
  { world: { renamed: "brackets" } },
  { world: { renamed: "spaces" } },
  { world: { renamed: "lower case" } },
  { world: { renamed: "upper case" } },
  { world: { renamed: "nfc" } },
  { world: { always: ["shifting"] } },
  { world: { always: ["reordered"] } },
  { world: { always: [{ kind: "mistyped", member: "access_token.version", value: "1" }] } },
  { world: { always: [{ kind: "mistyped", member: "access_token.expires_in", value: asText }] } },
  { world: { always: [{ kind: "mistyped", member: "access_token.expires_in" }] }, endless: true },
  { world: { always: [{ kind: "mistyped", member: "created_at" }] } },
  { world: { always: [{ kind: "mistyped", member: "client", value: { id: 123 } }] } },
  { world: { capped: { seconds: 3 * 86_400 } } },
  { world: { capped: "never" } },
  { world: { acceptedAfter: 4 * minute } },
  { world: { pageSize: 1 } },
  { world: { pageSize: 1, always: ["moved"] }, patience: 10 * minute },
  { world: { lag: minute }, patience: Infinity },
  { world: { lag: 90 * minute }, patience: Infinity },
];

/** In these not everything can be done: they end. */
export const passingConditions: readonly Condition[] = [
  { world: { quota: 1 } },
  { world: { capped: { seconds: 8 * 3600 } } },
  { world: { always: ["deaf"] } },
  { world: { pageSize: 1, always: ["next-range-missing"] }, patience: 10 * minute },
  { world: { always: ["blind"] }, patience: 10 * minute },
  { world: { always: ["empty-list"] }, patience: 2 * hour },
  { world: { always: ["empty-list", "blind"] }, patience: 2 * hour },
  { world: { always: [{ kind: "mistyped", member: "id", value: 5 }] }, patience: Infinity },
  {
    world: { always: [{ kind: "mistyped", member: "description", value: 5 }] },
    patience: 10 * minute,
  },
  { world: { acceptedAfter: hour }, refuses: true },
];
