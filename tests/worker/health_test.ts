import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DAY, HOUR, MINUTE } from "@std/datetime/constants";
import type { CredentialLedger, CredentialRecord, Entry } from "../../lib/rotation/ledger.ts";
import type { Decision, Doubt } from "../../lib/rotation/decision.ts";
import type { SweepReport } from "../../lib/rotation/sweep.ts";
import type { HealthRecord, SweepRecord } from "../../worker/account/sweep_log.ts";
import type { ConfigurationResult } from "../../worker/config/configuration.ts";
import {
  assessAll,
  assessHealth,
  countHealth,
  credentialsOf,
  type HealthReason,
} from "../../worker/health/health.ts";
import type { HealthReasonKind, Records, Situation } from "../../worker/health/fault.ts";
import {
  createAccountsEnv,
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
  readonly report?: Partial<SweepReport>;
  readonly records?: Partial<Records>;
}

const good = createEntry("ci", 3, { provenAt: now - DAY });

const wait: Decision = {
  kind: "wait",
  credential: "ci",
  reason: "Generation 3 is fine",
  until: null,
};

/** The newest sweep failed. */
const failure: Partial<SweepRecord> = { error: "Cannot list", report: null };

/** The newest sweep did nothing, as the token is another account's. */
const halted: Partial<SweepRecord> = {
  error: "'HEROKU_API_TOKEN' belongs to another Heroku account",
  halt: "account",
  report: null,
};

/** Why the account cannot be read. */
const unreadable = "The account cannot be read. The account's object did not answer";

function doubt(since: number, until: number | null): Doubt {
  return { credential: "ci", since, until, reason: "Heroku does not list generation 3 of 'ci'" };
}

/** What is wrong, and how often. */
function assess(change: Change): [HealthReasonKind, number][] {
  return assessOne(change).map(({ kind, count, details }) => {
    assertEquals(count, details.length);
    return [kind, count];
  });
}

/** A Worker with the one credential `ci` where all is well, but for a change. */
function assessOne(change: Change): readonly HealthReason[] {
  const known: CredentialLedger = {
    record: {
      name: "ci",
      attempt: 3,
      claim: "c0ffee03",
      leaseUntil: null,
      failures: 0,
      endedAt: now - DAY,
      error: null,
      refusedSince: null,
      served: null,
      ...change.record,
    },
    entries: change.entries ?? [good],
    deliveries: [],
  };
  const last: SweepRecord = {
    at: now - 10 * MINUTE,
    error: null,
    halt: null,
    report: createReport({ decisions: [change.decision ?? wait], ...change.report }),
    ...change.sweep,
  };
  const records = {
    ledger: new Map([["ci", known]]),
    last,
    lastClean: now - 10 * MINUTE,
    broken: [],
    ...change.records,
  };
  const configured = parse(createEnv({ CREDENTIALS: [createTable("ci", change.members)] }));
  return assessHealth({ configured, account: "heroku", records, unreadable: null, now });
}

Deno.test("assessHealth() says nothing when all is well", () => {
  const table: readonly [string, Change][] = [
    ["nothing is due", {}],
    ["a sweep an hour ago", { sweep: { at: now - HOUR } }],
    ["problems of late", { report: { problems: ["Heroku answered 503"] } }],
    [
      "problems for an hour",
      { report: { problems: ["Heroku answered 503"] }, records: { lastClean: now - HOUR } },
    ],
    ["a failure of late", { sweep: failure }],
    ["failures for an hour", { sweep: failure, records: { lastClean: now - HOUR } }],
    ["a doubt of late", { report: { doubts: [doubt(now - MINUTE, now + MINUTE)] } }],
    ["a doubt for an hour", { report: { doubts: [doubt(now - HOUR, now + DAY)] } }],
    [
      "something that is good to know",
      {
        report: {
          notices: [{ credential: "ci", kind: "granted_less", message: "Heroku granted 8 h" }],
        },
      },
    ],
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
    ["paused, after failures", { members: { paused: true }, record: { failures: 9 } }],
    ["paused, without an authorization", { members: { paused: true }, entries: [] }],
    ["paused, and not seen yet", { members: { paused: true }, records: { ledger: new Map() } }],
    [
      "paused, with a token that never ends",
      {
        members: { paused: true },
        entries: [
          createEntry("ci", 3, { createdAt: now - 400 * DAY, lifetime: null, expiresAt: null }),
        ],
      },
    ],
    [
      "paused, with a young token whose end no one says",
      { members: { paused: true }, entries: [createEntry("ci", 3, { expiresAt: null })] },
    ],
    [
      "paused, one of two that were adopted has expired",
      {
        members: { paused: true },
        entries: [
          createEntry("ci", 0, { state: "adopted", expiresAt: now - 1 }),
          createEntry("ci", 1, { state: "adopted" }),
        ],
      },
    ],
    [
      "paused, with an expired predecessor",
      {
        members: { paused: true },
        entries: [createEntry("ci", 2, { expiresAt: now - 1 }), good],
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
    ["sweep_failed", { sweep: failure, records: { lastClean: now - HOUR - 1 } }],
    ["sweep_failed", { sweep: failure, records: { lastClean: undefined } }],
    ["sweep_unclean", { report: { problems: ["A"] }, records: { lastClean: now - HOUR - 1 } }],
    ["sweep_unclean", { report: { problems: ["A"] }, records: { lastClean: undefined } }],
    ["account_changed", { sweep: halted }],
    ["account_changed", { sweep: halted, records: { lastClean: undefined } }],
    ["list_unreliable", { report: { unreliable: "Heroku's list is not complete" } }],
    ["list_doubted", { report: { doubts: [doubt(now - HOUR - 1, now + MINUTE)] } }],
    ["delete_undone", { report: { undead: ["ci: Generation 2 was deleted"] } }],
    ["credential_braked", { decision: { ...wait, kind: "braked", cause: "expiry" } }],
    ["fuse_blown", { decision: { ...wait, kind: "held", cause: "expiry" } }],
    ["credential_failing", { record: { failures: 3, error: "Heroku answered 503" } }],
    ["credential_blocked", { decision: { ...wait, kind: "blocked", cause: "expiry" } }],
    ["credential_missing", { entries: [] }],
    ["credential_missing", { entries: [createEntry("ci", 3, { expiresAt: now })] }],
    ["credential_missing", { entries: [createEntry("ci", 3, { state: "retired" })] }],
    ["credential_missing", { entries: [createEntry("ci", 3, { state: "released" })] }],
    ["credential_missing", { decision: rotate("missing") }],
    [
      "credential_missing",
      {
        entries: [
          createEntry("ci", 0, { state: "adopted", goneAt: now - HOUR }),
          createEntry("ci", 1, { state: "minted" }),
        ],
        decision: rotate("unfinished"),
      },
    ],
    ["credential_late", { entries: [createEntry("ci", 3, { expiresAt: now + 2 * DAY })] }],
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
  const [{ kind, count, details }] = assessHealth({
    configured,
    account: "heroku",
    records: undefined,
    unreadable,
    now,
  });
  assertEquals([kind, count], ["configuration_invalid", configured.mistakes.length]);
  assertEquals(details.at(-1), `HEROKU_URL: ${configured.mistakes.at(-1)?.message}`);
  assertEquals(assess({ report: { problems: ["A", "B"] }, records: { lastClean: undefined } }), [
    ["sweep_unclean", 2],
  ]);
  assertEquals(
    assess({
      report: {
        doubts: [doubt(now - DAY, now + 1), doubt(now - DAY, null), doubt(now, now + 1)],
        undead: ["ci: A", "ci: B", "ci: C"],
      },
    }),
    [["list_doubted", 1], ["delete_undone", 3]],
  );
});

Deno.test("assessHealth() says why, in the words of the sweep", () => {
  const unreliable = "Heroku's list is not complete";
  const [doubted] = [doubt(now - DAY, now + 1)];
  const table: readonly [Change, string][] = [
    [{ sweep: halted }, String(halted.error)],
    [{ sweep: failure, records: { lastClean: undefined } }, "Cannot list"],
    [{ report: { unreliable } }, unreliable],
    [{ report: { doubts: [doubted] } }, doubted.reason],
    [{ report: { undead: ["ci: Generation 2 was deleted"] } }, "ci: Generation 2 was deleted"],
    [
      { decision: { ...wait, kind: "braked", cause: "expiry", reason: "5 were created" } },
      "ci: 5 were created",
    ],
  ];
  for (const [change, detail] of table) {
    assertEquals(assessOne(change).flatMap(({ details }) => details), [detail]);
  }
});

Deno.test("assessHealth() says that a paused credential nears its end, and that it has reached it", () => {
  const table: readonly [number, string][] = [
    [
      now + DAY,
      "ci: Its token expires soon, and it is paused: remove 'paused' to have it replaced",
    ],
    [now, "ci: Its token has expired, and it is paused: remove 'paused' to have it replaced"],
    [now - DAY, "ci: Its token has expired, and it is paused: remove 'paused' to have it replaced"],
  ];
  for (const [expiresAt, detail] of table) {
    const reasons = assessOne({
      members: { paused: true },
      record: { failures: 9, error: "Heroku answered 503" },
      entries: [createEntry("ci", 3, { expiresAt })],
    });
    assertEquals(reasons, [{ kind: "credential_urgent", count: 1, details: [detail] }]);
  }
});

Deno.test("assessHealth() says that a paused credential is old, and that no one says when it ends", () => {
  const createdAt = now - 28.5 * DAY;
  const old = createEntry("ci", 0, { state: "adopted", createdAt, expiresAt: null });
  assertEquals(assess({ members: { paused: true }, entries: [old] }), [["credential_urgent", 1]]);
  assertEquals(assess({ entries: [old] }), []);
});

Deno.test("assessHealth() says why the ledger cannot be read, and guesses nothing more", () => {
  const reasons = assessHealth({
    configured: parse(createEnv()),
    account: "heroku",
    records: undefined,
    unreadable,
    now,
  });
  assertEquals(reasons, [{ kind: "ledger_unreadable", count: 1, details: [unreadable] }]);
});

Deno.test("A binding that is missing is a mistake of the configuration, and no second reason", () => {
  const configured = parse(createUnboundEnv());
  const situation = { configured, account: "heroku", records: undefined, unreadable, now };
  assertEquals(assessHealth(situation).map(({ kind }) => kind), ["configuration_invalid"]);
  assertEquals(countHealth(situation, undefined), [
    { kind: "configuration_invalid", count: 1 },
  ]);
});

Deno.test("countHealth() says what the newest sweep found, and what has changed since", () => {
  const configured = parse(createEnv());
  const well = { configured, account: "heroku", unreadable: null, now };
  const mistaken = {
    ...well,
    configured: parse(createEnv({ CREDENTIALS: [], HEROKU_URL: 7 })),
  };
  const reasons = [{ kind: "credential_blocked", count: 2 }] as const;
  const found: HealthRecord = { at: now - HOUR, reasons };
  const old: HealthRecord = { at: now - HOUR - 1, reasons };
  const table: readonly [string, Parameters<typeof countHealth>, [HealthReasonKind, number][]][] = [
    ["nothing", [well, { ...found, reasons: [] }], []],
    ["what the sweep found", [well, found], [
      ["credential_blocked", 2],
    ]],
    ["no sweep yet", [well, undefined], [["no_sweep", 1]]],
    ["a sweep long ago", [well, old], [
      ["sweep_overdue", 1],
      ["credential_blocked", 2],
    ]],
    ["a mistake since", [mistaken, found], [
      ["configuration_invalid", 2],
      ["credential_blocked", 2],
    ]],
    ["mistakes, and no sweep yet", [mistaken, undefined], [
      ["configuration_invalid", 2],
      ["no_sweep", 1],
    ]],
    ["no answer", [{ ...well, unreadable }, undefined], [["ledger_unreadable", 1]]],
    ["no answer, and mistakes", [{ ...mistaken, unreadable }, undefined], [
      ["configuration_invalid", 2],
      ["ledger_unreadable", 1],
    ]],
  ];
  for (const [title, given, expected] of table) {
    const counted = countHealth(...given);
    assertEquals(counted, expected.map(([kind, count]) => ({ kind, count })), title);
  }
});

/** The configuration of three accounts, of which each has one credential of its name. */
function configureThree(changes: Env = {}): ConfigurationResult {
  return parse(createAccountsEnv(["acme", "globex", "initech"], changes));
}

/** An account where all is well, but for a change. */
function situationOf(
  account: string,
  configured: ConfigurationResult,
  changes: Partial<Records> = {},
): Situation {
  const last = {
    at: now - MINUTE,
    error: null,
    halt: null,
    report: createReport({ decisions: [] }),
  };
  const records = { ledger: new Map(), last, lastClean: now - MINUTE, broken: [], ...changes };
  return { configured, account, records, unreadable: null, now };
}

/** What a ledger knows of a credential that has failed this often, and has this entry. */
function knownOf(name: string, failures: number, entry = createEntry(name, 3)): CredentialLedger {
  const claim = "c0ffee03";
  return {
    record: {
      name,
      attempt: 3,
      claim,
      leaseUntil: null,
      failures,
      endedAt: now - DAY,
      error: null,
      refusedSince: null,
      served: null,
    },
    entries: [entry],
    deliveries: [],
  };
}

Deno.test("assessAll() says of which of several accounts each detail is, in their order", () => {
  const configured = configureThree();
  const failing = (name: string) => ({ ledger: new Map([[name, knownOf(name, 3)]]) });
  const reasons = assessAll([
    situationOf("acme", configured, failing("acme")),
    situationOf("globex", configured, { last: undefined, lastClean: undefined }),
    situationOf("initech", configured, failing("initech")),
  ]);
  const told = "3 attempts in a row have failed.";
  assertEquals(reasons.map(({ kind, count }) => [kind, count]), [
    ["credential_failing", 2],
    ["no_sweep", 1],
  ]);
  assertEquals(reasons[0].details, [`acme: acme: ${told}`, `initech: initech: ${told}`]);
  assertStringIncludes(reasons[1].details[0], "globex: There was no sweep yet");
  assertEquals(assessAll(["acme", "globex"].map((name) => situationOf(name, configured))), []);
});

Deno.test("assessAll() says of one account what assessHealth() does, without its name", () => {
  const configured = parse(createEnv());
  const situation = situationOf("heroku", configured, { last: undefined });
  assertEquals(assessAll([situation]), assessHealth(situation));
});

Deno.test("assessAll() says once what is wrong with the configuration, and names no account for it", () => {
  const configured = configureThree({ HEROKU_URL: 7 });
  assert(!configured.ok);
  const [{ path, message }] = configured.mistakes;
  const situations = ["acme", "globex", "initech"].map((name) => situationOf(name, configured));
  assertEquals(assessAll(situations), [
    { kind: "configuration_invalid", count: 1, details: [`${path}: ${message}`] },
  ]);
});

Deno.test("assessHealth() looks only at the account's own credentials", () => {
  const configured = configureThree();
  const ledger = new Map(["acme", "globex"].map((name) => [name, knownOf(name, 3)]));
  const [reason, ...others] = assessHealth(situationOf("globex", configured, { ledger }));
  assertEquals(reason.details.map((detail) => detail.split(":")[0]), ["globex"]);
  assertEquals(others, []);
});

Deno.test("credentialsOf() gives an account's credentials, and none of an unknown one or of a wrong configuration", () => {
  const configured = configureThree();
  const table: readonly (readonly [ConfigurationResult, string, readonly string[]])[] = [
    [configured, "globex", ["globex"]],
    [configured, "unknown", []],
    [configureThree({ HEROKU_URL: 7 }), "globex", []],
    [parse(createEnv()), "heroku", ["ci-deploy"]],
  ];
  for (const [given, account, expected] of table) {
    assertEquals(credentialsOf(given, account).map(({ name }) => name), expected);
  }
});

/** An `env` that needs the account's binding, and lacks it. */
function createUnboundEnv(): Env {
  const targets = [{ type: "store", reader_key_secret: "READER_KEY" }];
  return createEnv({ CREDENTIALS: [createTable("ci", { targets })], ACCOUNT: undefined });
}

function rotate(cause: "missing" | "expiry" | "unfinished"): Decision {
  return {
    kind: "rotate",
    credential: "ci",
    reason: "Heroku no longer lists generation 3",
    until: null,
    cause,
    attempt: 4,
    seenLease: null,
    creates: true,
    beyond: null,
    urgent: false,
    deletes: 0,
  };
}
