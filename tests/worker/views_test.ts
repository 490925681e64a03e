import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { DAY, HOUR, MINUTE } from "@std/datetime/constants";
import fc from "fast-check";
import type { HealthReasonKind } from "../../worker/health/fault.ts";
import type { Mistake } from "../../worker/config/mistakes.ts";
import type {
  AccountStatus,
  CredentialStatus,
  Status,
  SweepStatus,
  UnmanagedStatus,
} from "../../worker/status.ts";
import { renderPage } from "../../worker/views/page.ts";
import { renderDistance, renderMoment, renderTime } from "../../worker/views/time.ts";
import { REASON_TITLES, STATES } from "../../worker/views/labels.ts";
import { now } from "./sample.ts";

function at(offset: number): string {
  return new Date(now + offset).toISOString();
}

const deploy: CredentialStatus = {
  name: "ci-deploy",
  account: "heroku",
  state: "current",
  generation: 7,
  authorization: "a0000000-0000-4000-8000-000000000007",
  expires_at: at(20 * DAY),
  never_expires: false,
  decision: { kind: "wait", reason: "Generation 7 is due in 10 d", until: at(10 * DAY) },
  failures: 0,
  error: null,
  targets: [],
  stale: [],
};

const swept: SweepStatus = {
  at: at(-4 * MINUTE),
  error: null,
  problems: [],
  notices: [],
  started: [],
  removed: [],
  withheld: [],
};

const heroku: AccountStatus = {
  name: "heroku",
  status: "ok",
  reasons: [],
  last_sweep: swept,
  last_clean_sweep_at: at(-4 * MINUTE),
  unmanaged_count: 0,
  rate_limit_remaining: null,
};

const well: Status = {
  at: at(0),
  status: "ok",
  reasons: [],
  mistakes: [],
  warnings: [],
  accounts: [heroku],
  former_accounts: [],
  credentials: [deploy],
  unmanaged: [],
};

async function render(changes: Partial<Status>): Promise<string> {
  return String(await renderPage({ ...well, ...changes }, "nonce"));
}

/** The text that a reader sees, without tags. */
async function read(changes: Partial<Status>): Promise<string> {
  const body = (await render(changes)).replace(/^.*<body>/s, "");
  return body.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ")
    .replaceAll("&#39;", "'").replaceAll("&quot;", '"').replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

Deno.test("renderPage() says when all is well, and shows nothing that there is not", async () => {
  const text = await read({});
  assertStringIncludes(text, "All is well Last sweep 4 min ago , without a problem");
  assertStringIncludes(text, "ci-deploy Up to date 7 2026-10-23 14:05 UTC in 20 d");
  assertStringIncludes(text, "Generation 7 is due in 10 d");
  for (
    const heading of [
      "wrong",
      "Problems",
      "Good to",
      "Not managed",
      "invalid",
      "failed",
      "Stale",
      "second look",
    ]
  ) {
    assert(!text.includes(heading), heading);
  }
});

Deno.test("renderPage() says what is wrong, in words and with details", async () => {
  const reasons = [
    { kind: "credential_failing", count: 1, details: ["ci-deploy: 3 attempts have failed"] },
    { kind: "no_sweep", count: 1, details: ["There was no sweep yet"] },
  ] as const;
  const text = await read({
    status: "failing",
    reasons,
    accounts: [{ ...heroku, last_sweep: null }],
  });
  assertStringIncludes(text, "Needs attention No sweep yet What is wrong");
  assertStringIncludes(text, "Rotations fail again and again ci-deploy: 3 attempts have failed");
});

Deno.test("renderPage() has a title for each thing that is wrong", async () => {
  const kinds: readonly HealthReasonKind[] = [
    "account_changed",
    "list_unreliable",
    "list_doubted",
    "delete_undone",
    "credential_braked",
    "sweep_failed",
    "credential_urgent",
  ];
  const reasons = kinds.map((kind) => ({ kind, count: 1, details: [`why ${kind}`] }));
  const text = await read({ status: "failing", reasons });
  for (const kind of kinds) assertStringIncludes(text, `${REASON_TITLES[kind]} why ${kind}`);
  assertEquals(new Set(Object.values(REASON_TITLES)).size, Object.keys(REASON_TITLES).length);
});

Deno.test("renderPage() says what is good to know, and that all is well nevertheless", async () => {
  const notices = ["Heroku granted 8 h to generation 7 of 'ci-deploy'", "The grace is 2 h"];
  const text = await read({ accounts: [{ ...heroku, last_sweep: { ...swept, notices } }] });
  assertStringIncludes(text, "All is well");
  assertStringIncludes(text, `Good to know ${notices.join(" ")}`);
});

Deno.test("renderPage() lists every mistake of the configuration", async () => {
  const mistakes: Mistake[] = [
    { path: "CREDENTIALS[0] (ci).grace", message: "Must be a duration" },
    { path: "PAGE_KEY", message: "Is not set: run `wrangler secret put PAGE_KEY`" },
  ];
  const text = await read({ status: "failing", mistakes, credentials: [] });
  assertStringIncludes(text, "The configuration is invalid");
  for (const { path, message } of mistakes) assertStringIncludes(text, `${path} ${message}`);
});

Deno.test("renderPage() lists what may not be meant, and is well all the same", async () => {
  const warnings = [{
    path: "CREDENTIALS[0] (ci).scope[0]",
    message: "'raed' is none of the scopes",
  }];
  const text = await read({ warnings });
  assertStringIncludes(text, "All is well");
  assertStringIncludes(text, "Worth a second look in the configuration");
  assertStringIncludes(text, "CREDENTIALS[0] (ci).scope[0] 'raed' is none of the scopes");
});

Deno.test("renderPage() shows a target's proof, delivery, or that there is none", async () => {
  const base = { type: "webhook", required: true, generation: 7, delivered_at: at(-2 * HOUR) };
  const proof = { kind: "receipt", detail: "The receiver answered", proven_at: at(-HOUR) } as const;
  const targets = [
    { ...base, place: "webhook:a", proof },
    { ...base, place: "webhook:b", proof: null, required: false },
    { ...base, place: "webhook:c", proof: null, generation: null, delivered_at: null },
  ];
  const text = await read({ credentials: [{ ...deploy, targets }] });
  assertStringIncludes(
    text,
    "✓ webhook:a generation 7, proof by receipt : The receiver answered 60 min ago",
  );
  assertStringIncludes(text, "○ webhook:b (optional) generation 7 delivered 2 h ago , not proven");
  assertStringIncludes(text, "○ webhook:c nothing delivered by this Worker yet");
});

Deno.test("renderPage() shows what is stale, and until when", async () => {
  const id = "a0000000-0000-4000-8000-000000000006";
  const base = { generation: 6, authorization: id, expires_at: at(DAY), never_expires: false };
  const stale = [{ ...base, grace_until: at(HOUR) }, { ...base, grace_until: null }];
  const text = await read({ credentials: [{ ...deploy, stale }] });
  assertStringIncludes(
    text,
    `Stale generation 6 ${id} in grace until 2026-10-03 15:05 UTC in 60 min`,
  );
  assertStringIncludes(text, "lives on until a replacement is proven, and expires 2026-10-04");
});

Deno.test("renderPage() shows failures, states, and what never expires", async () => {
  const failing = {
    ...deploy,
    state: "failing",
    failures: 3,
    error: "Heroku answered 503",
  } as const;
  const text = await read({
    credentials: [failing, { ...deploy, expires_at: null, never_expires: true }],
  });
  assertStringIncludes(text, "Failing");
  assertStringIncludes(text, "The last 3 attempts failed: Heroku answered 503");
  assertMatch(text, /7 never/);
  const open = { ...deploy, expires_at: null, never_expires: false };
  assertMatch(await read({ credentials: [open] }), /7 not known/);
  for (
    const state of ["blocked", "held", "braked", "missing", "paused", "observed", "unseen"] as const
  ) {
    assertStringIncludes(await read({ credentials: [{ ...deploy, state }] }), STATES[state][0]);
  }
});

Deno.test("renderPage() says in its headline when it only observes, and of how many", async () => {
  const observed = { ...deploy, state: "observed" } as const;
  const all = await read({ credentials: [observed] });
  assertStringIncludes(all, "Herotate Only observing");
  assertStringIncludes(all, "Herotate only observes: it shows what it would do");
  const one = await read({ credentials: [observed, { ...deploy, name: "other" }] });
  assertStringIncludes(one, "Herotate All is well");
  assertStringIncludes(one, "Herotate only observes 1 of 2 credentials: it shows");
  const accounts = [{ ...heroku, last_sweep: { ...swept, withheld: ["ci-deploy: 01: left"] } }];
  const held = await read({ accounts, credentials: [observed] });
  assertStringIncludes(held, "Leftovers that would be removed ci-deploy: 01: left");
  assertEquals((await read({})).includes("observe"), false);
});

Deno.test("renderPage() shows the problems of the last sweep, and what it did", async () => {
  const last_sweep = {
    ...swept,
    problems: ["Cannot remove leftover"],
    started: ["ci-deploy"],
    removed: ["a", "b"],
    withheld: [],
  };
  const text = await read({
    accounts: [{ ...heroku, last_sweep, last_clean_sweep_at: at(-15 * MINUTE) }],
  });
  assertStringIncludes(text, "the last without a problem 15 min ago ; it started 1 and removed 2");
  assertStringIncludes(text, "Problems of the last sweep Cannot remove leftover");
  const reasons = [{ kind: "sweep_unclean", count: 1, details: last_sweep.problems }] as const;
  const once = await read({
    accounts: [{ ...heroku, last_sweep, last_clean_sweep_at: null }],
    reasons,
  });
  assertEquals(once.split("Cannot remove leftover").length, 2);
  assertStringIncludes(once, "none without a problem is known");
});

Deno.test("renderPage() shows what no one manages, with the reason", async () => {
  const unmanaged: UnmanagedStatus[] = [{
    account: "heroku",
    id: "u-1",
    description: "",
    expires_at: null,
    never_expires: true,
    reason: "No credential has it",
  }];
  const text = await read({ accounts: [{ ...heroku, unmanaged_count: 1 }], unmanaged });
  assertStringIncludes(text, "They are left alone. Description");
  assertStringIncludes(text, "(none) u-1 No credential has it never");
});

Deno.test("renderPage() says how many of what no one manages are not shown", async () => {
  const one = {
    account: "heroku",
    description: "laptop",
    expires_at: null,
    never_expires: true,
    reason: "No one",
  };
  const unmanaged = Array.from({ length: 100 }, (_, index) => ({ ...one, id: `u-${index}` }));
  const table = [
    [100, "They are left alone. Description"],
    [101, "They are left alone. There is 1 more, which is not shown. Description"],
    [100_000, "They are left alone. There are 99900 more, which are not shown. Description"],
  ] as const;
  for (const [unmanaged_count, says] of table) {
    const accounts = [{ ...heroku, unmanaged_count }];
    assertStringIncludes(await read({ accounts, unmanaged }), says);
  }
});

Deno.test("renderPage() says why the account cannot be read", async () => {
  const details = ["The account cannot be read. Its storage is full"];
  const reasons = [{ kind: "ledger_unreadable", count: 1, details }] as const;
  const text = await read({
    status: "failing",
    reasons,
    accounts: [{ ...heroku, last_sweep: null }],
  });
  assertStringIncludes(text, `${REASON_TITLES.ledger_unreadable} ${details[0]}`);
});

/** Two accounts: one where all is well, and one where not. */
const acme: AccountStatus = { ...heroku, name: "acme" };
const globex: AccountStatus = {
  ...heroku,
  name: "globex",
  status: "failing",
  last_sweep: { ...swept, problems: ["Cannot remove leftover"], notices: ["Heroku granted 8 h"] },
  last_clean_sweep_at: at(-15 * MINUTE),
};

Deno.test("renderPage() shows each of several accounts, with its credentials below its name", async () => {
  const text = await read({
    status: "failing",
    accounts: [acme, globex],
    credentials: [
      { ...deploy, name: "acme-web", account: "acme" },
      { ...deploy, name: "globex-web", account: "globex" },
      { ...deploy, name: "acme-api", account: "acme" },
    ],
  });
  assertStringIncludes(
    text,
    "Needs attention acme: Last sweep 4 min ago , without a problem globex: Last sweep 4 min ago , the last without a problem 15 min ago",
  );
  assertMatch(
    text,
    /acme well acme-web .*acme-api .*globex needs attention globex-web /,
  );
  assertStringIncludes(text, "Problems of the last sweep globex: Cannot remove leftover");
  assertStringIncludes(text, "Good to know globex: Heroku granted 8 h");
});

Deno.test("renderPage() names no account where there is only one", async () => {
  const text = await read({ accounts: [{ ...globex, status: "ok" }] });
  assert(!text.includes("globex"), text);
  assertStringIncludes(text, "Good to know Heroku granted 8 h");
});

Deno.test("renderPage() says which of several accounts was not swept yet", async () => {
  const text = await read({ accounts: [acme, { ...globex, last_sweep: null }] });
  assertStringIncludes(text, "globex: No sweep yet");
});

Deno.test("renderPage() shows what an account that left the configuration still has", async () => {
  const remaining = [{
    credential: "ci",
    generation: 3,
    authorization: "a-3",
    expires_at: at(DAY),
  }];
  const text = await read({ former_accounts: [{ name: "initech", remaining }] });
  assertStringIncludes(text, "All is well");
  assertMatch(text, /Accounts that have left the configuration .* initech ci, generation 3 a-3 /);
  assert(!(await read({})).includes("have left the configuration"));
});

Deno.test("renderPage() counts what no one manages in all accounts together", async () => {
  const unmanaged: UnmanagedStatus[] = ["acme", "globex"].map((account) => ({
    account,
    id: `u-${account}`,
    description: "laptop",
    expires_at: null,
    never_expires: true,
    reason: "No one",
  }));
  const accounts = [{ ...acme, unmanaged_count: 5 }, { ...globex, unmanaged_count: 1 }];
  const text = await read({ accounts, unmanaged });
  assertStringIncludes(text, "There are 4 more, which are not shown");
});

Deno.test("renderPage() runs no script and loads nothing", async () => {
  const page = await render({});
  assert(!/<script|javascript:|\son\w+=/i.test(page));
  assert(!/(?:src|url\()\s*=?\s*["']?(?:https?:)?\/\//i.test(page));
  assertEquals([...page.matchAll(/<style nonce="nonce">/g)].length, 1);
  assert(!/\sstyle=/.test(page));
});

Deno.test("renderPage() escapes whatever Heroku, targets and operators write", async () => {
  const nasty = fc.oneof(
    fc.constantFrom(
      "<script>alert(1)</script>",
      '"><img src=x onerror=alert(1)>',
      "'><svg/onload=1>",
      "</td></table><h1>",
      "&lt;b&gt;",
      "<!--",
      "</style>",
    ),
    fc.string(),
  );
  const plain = structure(await render(compose("x")));
  const several = structure(await render(compose("x", ["x", "y"])));
  await fc.assert(fc.asyncProperty(nasty, async (text) => {
    const written = text || "x";
    assertEquals(structure(await render(compose(written))), plain);
    assertEquals(structure(await render(compose(written, [written, `${written}y`]))), several);
  }));
});

Deno.test("renderMoment() shows a moment in UTC with its distance, for people and machines", async () => {
  const table = [
    [18 * DAY, "2026-10-21 14:05 UTC", "in 18 d"],
    [-3 * HOUR, "2026-10-03 11:05 UTC", "3 h ago"],
    [0, "2026-10-03 14:05 UTC", "0 s ago"],
  ] as const;
  for (const [offset, text, distance] of table) {
    const iso = at(offset);
    const time = `<time datetime="${iso}">${text}</time>`;
    assertEquals(String(await renderTime(iso)), time);
    const page = String(await renderMoment(iso, at(0)));
    assertStringIncludes(page, time);
    assertStringIncludes(page, String(await renderDistance(iso, at(0))));
    assertStringIncludes(page, `>${distance}</time>`);
  }
});

/** A status that has the same text wherever others write. */
function compose(text: string, names = [text]): Partial<Status> {
  return {
    reasons: [{ kind: "sweep_failed", count: 1, details: [text] }],
    mistakes: [{ path: text, message: text }],
    warnings: [{ path: text, message: text }],
    accounts: names.map((name) => ({
      name,
      status: "failing",
      reasons: [],
      last_sweep: {
        at: at(0),
        error: text,
        problems: [text],
        notices: [text],
        started: [text],
        removed: [text],
        withheld: [],
      },
      last_clean_sweep_at: at(0),
      unmanaged_count: 2,
      rate_limit_remaining: null,
    })),
    credentials: names.map((account) => ({
      ...deploy,
      name: text,
      account,
      failures: 1,
      error: text,
      decision: { kind: "wait", reason: text, until: null },
      targets: [{
        type: text,
        place: text,
        required: true,
        generation: 1,
        delivered_at: at(0),
        proof: { kind: "exact", detail: text, proven_at: at(0) },
      }],
      stale: [{
        generation: 1,
        authorization: text,
        expires_at: null,
        grace_until: null,
      }],
    })),
    former_accounts: [{
      name: text,
      remaining: [{
        credential: text,
        generation: 1,
        authorization: text,
        expires_at: at(0),
      }],
    }],
    unmanaged: [{
      account: names[0],
      id: text,
      description: text,
      expires_at: null,
      never_expires: true,
      reason: text,
    }],
  };
}

/** The tags of a page, in order. */
function structure(page: string): string[] {
  return [...page.matchAll(/<[^>]*>/g)].map(([tag]) => tag);
}
