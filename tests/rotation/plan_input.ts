/**
 * The material of a plan, each piece with everything that a test does not care about filled in.
 *
 * @module
 */
import type { Authorization } from "../../lib/heroku/authorization.ts";
import type { Credential, CredentialTarget } from "../../lib/rotation/credential.ts";
import type {
  CredentialLedger,
  CredentialRecord,
  DeliveryRecord,
  Entry,
} from "../../lib/rotation/ledger.ts";
import { createView, type ViewOptions } from "../../lib/rotation/view.ts";
import { formatMarker } from "../../lib/rotation/marker.ts";
import type { Decision } from "../../lib/rotation/decision.ts";
import type { Fuse } from "../../lib/rotation/fuse.ts";
import { type Plan, plan } from "../../lib/rotation/plan.ts";
import { day, hour } from "../simulation/simulation.ts";

/** The moment at which the plans are made. */
export const now: number = Date.UTC(2026, 0, 31);

/** The mark of a generation. */
export function markOf(generation: number): string {
  return `mark${String(generation).padStart(8, "0")}`;
}

/** What the ledger's own marks end with; none of {@linkcode markOf} does. */
export const lineage = "line";

/** A target that a plan must not call. */
export function targetAt(place: string, more: Partial<CredentialTarget> = {}): CredentialTarget {
  const untouched = () => Promise.reject(new Error(`A plan called ${place}`));
  return {
    type: "webhook",
    place,
    required: true,
    mayHoldAdopted: true,
    retainsToken: false,
    target: { deliver: untouched, confirm: untouched },
    ...more,
  };
}

/** The credential `ci` with one target, `hook`. */
export function credentialOf(more: Partial<Credential> = {}): Credential {
  return { name: "ci", grace: hour, paused: false, targets: [targetAt("hook")], ...more };
}

/** An authorization of `ci` as Heroku lists it: 30 days long, created just now. */
export function listed(
  generation: number,
  { age = 0, lifetime = 30 * day, ...more }:
    & { readonly age?: number; readonly lifetime?: number | null }
    & Partial<Authorization> = {},
): Authorization {
  return {
    id: `authorization-${generation}`,
    description: generation === 0
      ? "ci"
      : formatMarker({ name: "ci", generation, mark: markOf(generation) }),
    scope: ["write"],
    created_at: new Date(now - age).toISOString(),
    access_token: {
      id: `access-${generation}`,
      token: "HRKU-AA**********",
      expires_in: lifetime === null ? null : (lifetime - age) / 1000,
    },
    ...more,
  };
}

/** The ledger's entry for {@linkcode listed}. */
export function entryOf(
  generation: number,
  state: Entry["state"],
  { age = 0, ...more }: { readonly age?: number } & Partial<Entry> = {},
): Entry {
  const lifetime = more.lifetime === undefined ? 30 * day : more.lifetime;
  return {
    credential: "ci",
    generation,
    mark: generation === 0 ? "authorization-0" : markOf(generation),
    state,
    authorization: state === "intended" ? null : `authorization-${generation}`,
    accessToken: state === "intended" ? null : `access-${generation}`,
    sealedToken: state === "minted" ? "v1.sealed" : null,
    fingerprint: null,
    description: null,
    scope: ["write"],
    lifetime,
    asked: lifetime,
    made: generation > 0 && state !== "adopted" && state !== "foreign",
    sender: null,
    notedAt: now - age,
    createdAt: now - age,
    expiresAt: lifetime === null || state === "intended" ? null : now - age + lifetime,
    provenAt: state === "current" ? now - age : null,
    listedEnd: generation === 0 || lifetime === null || state === "intended" ||
        state === "adopted" || state === "foreign"
      ? null
      : now - age + lifetime,
    seenAt: now - age,
    doubtedSince: null,
    endedAt: null,
    goneAt: null,
    ...more,
  };
}

/** A proven delivery of a generation to `hook`. */
export function provenAt(
  generation: number,
  place = "hook",
  more: Partial<DeliveryRecord> = {},
): DeliveryRecord {
  return {
    mark: generation === 0 ? "authorization-0" : markOf(generation),
    place,
    receipt: {},
    lookedAt: null,
    drift: null,
    deliveredAt: now,
    proof: { kind: "receipt", detail: "The receiver answered with the token's fingerprint" },
    provenAt: now,
    ...more,
  };
}

/** What the ledger knows of `ci`. */
export function knownOf(
  entries: readonly Entry[],
  { deliveries = [], ...record }:
    & Partial<CredentialRecord>
    & { readonly deliveries?: readonly DeliveryRecord[] } = {},
): CredentialLedger {
  return {
    record: {
      name: "ci",
      attempt: 0,
      claim: null,
      leaseUntil: null,
      failures: 0,
      endedAt: null,
      error: null,
      refusedSince: null,
      served: null,
      ...record,
    },
    entries,
    deliveries,
  };
}

/** What a plan for only `ci` is made from. */
export interface Situation {
  /** What Heroku lists. */
  readonly heroku?: readonly Authorization[];
  /**
   * Its configuration.
   * @default {`credentialOf`}
   */
  readonly credential?: Credential;
  /** What the ledger knows of it. */
  readonly known: CredentialLedger;
  /**
   * When the plan is made.
   * @default {`now`}
   */
  readonly at?: number;
  /** The id of the account's default API key. */
  readonly defaultId?: string;
  /** What else is known of Heroku's list. */
  readonly view?: ViewOptions;
  /**
   * The fuse.
   * @default {one that never blows}
   */
  readonly fuse?: Fuse;
}

/** Plans for only `ci`. Heroku's list is as old as {@linkcode now} says. */
export function planFor(situation: Situation): Plan {
  const { heroku = [], known, at = now, defaultId, view, fuse = { creates: 1000, deletes: 1000 } } =
    situation;
  const credential = situation.credential ?? credentialOf();
  return plan({
    view: createView(heroku, now, { ...view, defaultId }),
    credentials: [credential],
    ledger: new Map([[credential.name, known]]),
    now: at,
    fuse,
    lineage,
  });
}

/** Decides about only `ci`. */
export function decide(situation: Situation): Decision {
  return planFor(situation).decisions[0];
}
