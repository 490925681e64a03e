import { assert, assertEquals } from "@std/assert";
import { DAY, HOUR, MINUTE } from "@std/datetime/constants";
import type { CredentialLedger, CredentialRecord, Entry } from "../../lib/rotation/ledger.ts";
import type { Decision } from "../../lib/rotation/decision.ts";
import { assessHealth, type HealthReasonKind, type Records } from "../../worker/health.ts";
import type { SweepRecord } from "../../worker/sweep_log.ts";
import {
  createEntry,
  createEnv,
  createReport,
  createTable,
  type Env,
  now,
  parse,
} from "./sample.ts";

interface Change {
  readonly members?: Env;
  readonly record?: Partial<CredentialRecord>;
  readonly entries?: readonly Entry[];
  readonly decision?: Decision;
  readonly sweep?: Partial<SweepRecord>;
  readonly problems?: readonly string[];
  readonly records?: Partial<Records>;
}

const good = createEntry("ci", 3, { provenAt: now - DAY });

const wait: Decision = {
  kind: "wait",
  credential: "ci",
  reason: "Generation 3 is fine",
  until: null,
};

/** A Worker with the one credential `ci` where all is well, but for a change. */
function assess(change: Change): [HealthReasonKind, number][] {
  const known: CredentialLedger = {
    record: {
      name: "ci",
      attempt: 3,
      leaseUntil: null,
      failures: 0,
      endedAt: now - DAY,
      error: null,
      served: null,
      ...change.record,
    },
    entries: change.entries ?? [good],
    deliveries: [],
  };
  const last: SweepRecord = {
    at: now - 10 * MINUTE,
    error: null,
    report: createReport({
      decisions: [change.decision ?? wait],
      problems: change.problems ?? [],
    }),
    ...change.sweep,
  };
  const records = {
    ledger: new Map([["ci", known]]),
    last,
    lastClean: now - 10 * MINUTE,
    ...change.records,
  };
  const configured = parse(createEnv({ CREDENTIALS: [createTable("ci", change.members)] }));
  return assessHealth({ configured, records, now }).map(({ kind, count, details }) => {
    assertEquals(count, details.length);
    return [kind, count];
  });
}

Deno.test("assessHealth() says nothing when all is well", () => {
  const table: readonly [string, Change][] = [
    ["nothing is due", {}],
    ["a sweep an hour ago", { sweep: { at: now - HOUR } }],
    ["problems of late", { problems: ["Heroku answered 503"] }],
    ["two failures", { record: { failures: 2, error: "Heroku answered 503" } }],
    ["a token that never ends", { entries: [createEntry("ci", 3, { expiresAt: null })] }],
    ["adopted", { entries: [createEntry("ci", 0, { state: "adopted" })] }],
    ["not seen by a sweep yet", { records: { ledger: new Map() } }],
    [
      "a replacement under way",
      { entries: [good, createEntry("ci", 4, { state: "intended", expiresAt: now - 1 })] },
    ],
    ["an expired predecessor", { entries: [createEntry("ci", 2, { expiresAt: now - 1 }), good] }],
    [
      "provisioned since the sweep",
      {
        entries: [createEntry("ci", 3, { provenAt: now - MINUTE })],
        decision: rotate("missing"),
      },
    ],
    [
      "another Worker's authorization that is gone",
      { entries: [good, createEntry("ci", 4, { state: "foreign" })] },
    ],
    [
      "paused",
      {
        members: { paused: true },
        record: { failures: 9 },
        entries: [createEntry("ci", 3, { expiresAt: now - 1 })],
      },
    ],
  ];
  for (const [title, change] of table) assertEquals(assess(change), [], title);
});

Deno.test("assessHealth() says each thing that is wrong", () => {
  const [unmanaged] = createReport().unmanaged;
  const table: readonly [HealthReasonKind, Change][] = [
    ["no_sweep", { records: { last: undefined, lastClean: undefined } }],
    ["sweep_overdue", { sweep: { at: now - HOUR - 1 } }],
    ["sweep_failed", { sweep: { error: "Cannot list", report: null } }],
    ["sweep_unclean", { problems: ["A"], records: { lastClean: now - HOUR - 1 } }],
    ["sweep_unclean", { problems: ["A"], records: { lastClean: undefined } }],
    ["fuse_blown", { decision: { ...wait, kind: "held", cause: "expiry" } }],
    ["credential_failing", { record: { failures: 3, error: "Heroku answered 503" } }],
    ["credential_blocked", { decision: { ...wait, kind: "blocked", cause: "expiry" } }],
    ["credential_missing", { entries: [] }],
    ["credential_missing", { entries: [createEntry("ci", 3, { expiresAt: now })] }],
    ["credential_missing", { entries: [createEntry("ci", 3, { state: "retired" })] }],
    ["credential_missing", { decision: rotate("missing") }],
    ["credential_urgent", { entries: [createEntry("ci", 3, { expiresAt: now + DAY })] }],
    [
      "credential_urgent",
      {
        entries: [
          createEntry("ci", 3, { expiresAt: now + DAY }),
          createEntry("ci", 4, { state: "minted" }),
        ],
      },
    ],
    [
      "another_worker",
      {
        entries: [good, createEntry("ci", 4, { state: "foreign", authorization: unmanaged.id })],
      },
    ],
  ];
  for (const [kind, change] of table) assertEquals(assess(change), [[kind, 1]], kind);
});

Deno.test("assessHealth() counts mistakes and problems", () => {
  const configured = parse(createEnv({ CREDENTIALS: [{}], HEROKU_URL: 7 }));
  assert(!configured.ok);
  const [{ kind, count, details }] = assessHealth({ configured, records: undefined, now });
  assertEquals([kind, count], ["configuration_invalid", configured.mistakes.length]);
  assertEquals(details.at(-1), `HEROKU_URL: ${configured.mistakes.at(-1)?.message}`);
  assertEquals(assess({ problems: ["A", "B"], records: { lastClean: undefined } }), [
    ["sweep_unclean", 2],
  ]);
});

Deno.test("assessHealth() says that the ledger cannot be read, and guesses nothing more", () => {
  const configured = parse(createEnv());
  const kinds = assessHealth({ configured, records: undefined, now }).map(({ kind }) => kind);
  assertEquals(kinds, ["ledger_unreadable"]);
});

function rotate(cause: "missing" | "expiry"): Decision {
  return {
    kind: "rotate",
    credential: "ci",
    reason: "Heroku no longer lists generation 3",
    until: null,
    cause,
    attempt: 4,
    seenLease: null,
    creates: true,
    deletes: 0,
  };
}
