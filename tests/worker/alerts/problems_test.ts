import { assertEquals } from "@std/assert";
import { findProblems } from "../../../worker/alerts/problems.ts";
import type { CredentialLedger, DeliveryRecord, Entry } from "../../../lib/rotation/ledger.ts";
import { herokuConfigVar } from "../../../lib/targets/heroku_config_var.ts";
import { webhook } from "../../../lib/targets/webhook.ts";
import { parseConfiguration } from "../../../worker/config/configuration.ts";
import type { Fault } from "../../../worker/health/fault.ts";
import { createEntry, createEnv, now } from "../sample.ts";

const configured = parseConfiguration(
  createEnv({
    CREDENTIALS: [{
      name: "ci",
      targets: [
        { type: "webhook", url: "https://example.com/tokens", signing_secret: "WEBHOOK_KEY" },
        { type: "heroku-config-var", app: "acme", name: "KEY" },
      ],
    }],
  }),
  [herokuConfigVar, webhook],
  { fetch, now: () => now },
);
const credentials = configured.ok ? configured.configuration.credentials : [];
const [hook, configVar] = credentials.flatMap(({ targets }) => targets.map(({ place }) => place));

const failing: Fault = { kind: "credential_failing", credential: "ci", message: "It is down" };
const missing: Fault = { kind: "credential_missing", credential: "ci", message: "It has none" };

function createLedger(
  entries: readonly Entry[],
  deliveries: readonly (readonly [place: string, isProven: boolean])[] = [],
): ReadonlyMap<string, CredentialLedger> {
  const { mark } = entries.at(-1) ?? { mark: "" };
  const record = {
    name: "ci",
    attempt: 3,
    claim: null,
    leaseUntil: null,
    failures: 3,
    endedAt: now,
    error: "It is down",
    refusedSince: null,
    served: null,
  };
  return new Map([["ci", {
    record,
    entries,
    deliveries: deliveries.map(([place, isProven]): DeliveryRecord => ({
      mark,
      place,
      receipt: {},
      deliveredAt: now,
      proof: isProven ? { kind: "exact", detail: "It was read back" } : null,
      provenAt: isProven ? now : null,
      lookedAt: null,
      drift: null,
    })),
  }]]);
}

const adopted = createEntry("ci", 0, { state: "adopted" });
const minted = createEntry("ci", 1, { state: "minted" });
const current = createEntry("ci", 1, { state: "current" });

Deno.test("findProblems() says which step is in trouble, and which targets lack the token", () => {
  const table: readonly (readonly [ReadonlyMap<string, CredentialLedger>, string, string[]])[] = [
    [createLedger([adopted]), "create", []],
    [createLedger([adopted, minted]), "deliver", [hook, configVar]],
    [createLedger([adopted, minted], [[hook, true]]), "deliver", [configVar]],
    [createLedger([adopted, minted], [[hook, true], [configVar, false]]), "prove", [configVar]],
    [createLedger([adopted, current], [[hook, true], [configVar, true]]), "retire", []],
    [createLedger([current], [[hook, true], [configVar, true]]), "create", []],
  ];
  for (const [ledger, step, places] of table) {
    const [problem] = findProblems([failing], ledger, credentials);
    assertEquals([problem.step, problem.places], [step, places]);
  }
});

Deno.test("findProblems() makes one problem of all that is wrong with a credential, as serious as the worst", () => {
  const urgent: Fault = { kind: "credential_urgent", credential: "ci", message: "It expires" };
  const [problem, ...others] = findProblems([failing, urgent], createLedger([adopted]), []);
  assertEquals(others, []);
  assertEquals(problem.key, "credential ci");
  assertEquals(problem.severity, "critical");
  assertEquals(problem.kinds, ["credential_failing", "credential_urgent"]);
  assertEquals(problem.details, ["It is down", "It expires"]);
});

Deno.test("findProblems() takes a credential for new until a target was given a token", () => {
  const intended = createEntry("ci", 1, { state: "intended" });
  const table: readonly (readonly [ReadonlyMap<string, CredentialLedger>, number])[] = [
    [createLedger([]), 0],
    [createLedger([intended]), 0],
    [createLedger([minted]), 0],
    [createLedger([minted], [[hook, false]]), 1],
    [createLedger([{ ...adopted, state: "retired" }]), 1],
  ];
  for (const [ledger, count] of table) {
    assertEquals(findProblems([missing], ledger, credentials).length, count);
  }
});

Deno.test("findProblems() holds ten details of a problem, and says how many more there are", () => {
  const faults = Array.from({ length: 12 }, (_, at): Fault => ({
    kind: "delete_undone",
    credential: null,
    message: `It is still listed: ${at}`,
  }));
  const [{ details }] = findProblems(faults, new Map(), []);
  assertEquals([details.length, details.at(-1)], [11, "There are 2 more: see the page"]);
});
