/**
 * How fast a sweep decides, next to reading Heroku's listing as JSON: what any program must spend on
 * it.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import type { Authorization } from "../../lib/heroku/authorization.ts";
import { parseAuthorization } from "../../lib/heroku/parse_authorization.ts";
import { createClient } from "../../lib/heroku/client.ts";
import type { Credential } from "../../lib/rotation/credential.ts";
import type { CredentialLedger } from "../../lib/rotation/ledger.ts";
import { createView } from "../../lib/rotation/view.ts";
import { formatMarker } from "../../lib/rotation/marker.ts";
import { plan, planAdoption } from "../../lib/rotation/plan.ts";
import { createFakeHeroku } from "../../lib/testing/mod.ts";

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;
const LIFETIME = 30 * DAY;
const now = Date.UTC(2026, 0, 31);

const fuse = { creates: Infinity, deletes: Infinity };

function credentialOf(name: string): Credential {
  const untouched = () => Promise.reject(new Error("Cannot call a target because a plan is pure"));
  return {
    name,
    grace: HOUR,
    paused: false,
    targets: [{
      type: "webhook",
      place: `https://example.com/${name}`,
      required: true,
      mayHoldAdopted: true,
      retainsToken: false,
      target: { deliver: untouched, confirm: untouched },
    }],
  };
}

async function listAuthorizations(names: readonly string[], age: number): Promise<Authorization[]> {
  const heroku = createFakeHeroku({ faults: false, now });
  names.forEach((name, index) =>
    heroku.issue({
      description: formatMarker({
        name,
        generation: 7,
        mark: index.toString(36).padStart(12, "0"),
      }),
      scope: ["write-protected"],
      created_at: new Date(now - age).toISOString(),
      expires_in: LIFETIME / 1000,
    })
  );
  return await createClient({ token: heroku.token, fetch: heroku.fetch }).list();
}

/** A ledger that knows every authorization as current and proven at its target. */
function knowAll(
  credentials: readonly Credential[],
  listing: readonly Authorization[],
): ReadonlyMap<string, CredentialLedger> {
  const view = createView(listing, now);
  const adoption = planAdoption({ view, credentials, ledger: new Map() });
  return new Map(credentials.map(({ name, targets }) => {
    const entries = adoption.get(name) ?? [];
    return [name, {
      record: {
        name,
        attempt: 7,
        claim: "1f2e3d4c",
        leaseUntil: null,
        failures: 0,
        endedAt: null,
        error: null,
        refusedSince: null,
        served: null,
      },
      entries: entries.map((entry) => ({ ...entry, state: "current", provenAt: entry.createdAt })),
      deliveries: entries.flatMap(({ mark, createdAt }) =>
        targets.map(({ place }) => ({
          mark,
          place,
          receipt: {},
          lookedAt: null,
          drift: null,
          deliveredAt: createdAt,
          proof: { kind: "receipt", detail: "The receiver answered with the fingerprint" },
          provenAt: createdAt,
        }))
      ),
    }];
  }));
}

async function compare(size: number): Promise<void> {
  const group = `a sweep over ${size} credentials`;
  const names = Array.from({ length: size }, (_, index) => `credential-${index}`);
  const credentials = names.map(credentialOf);
  const fresh = await listAuthorizations(names, DAY);
  const old = await listAuthorizations(names, LIFETIME - HOUR);
  const text = JSON.stringify(fresh);
  const records: unknown[] = JSON.parse(text);

  Deno.bench("JSON.parse() of the listing", { group, baseline: true }, () => {
    JSON.parse(text);
  });
  Deno.bench("checking the listing's records", { group }, () => {
    for (const record of records) parseAuthorization(record);
  });
  const situations = [
    { name: "nothing due", listing: fresh, kind: "wait" },
    { name: "everything due", listing: old, kind: "rotate" },
  ];
  for (const { name, listing, kind } of situations) {
    const ledger = knowAll(credentials, listing);
    const shared = { credentials, ledger, now, fuse, lineage: "line" };
    const decide = () => plan({ view: createView(listing, now), ...shared });
    assertEquals(decide().decisions.filter((decision) => decision.kind === kind).length, size);
    Deno.bench(`plan(), ${name}`, { group }, () => {
      decide();
    });
  }
  Deno.bench("planAdoption(), the ledger lost", { group }, () => {
    planAdoption({ view: createView(fresh, now), credentials, ledger: new Map() });
  });
}

await compare(1000);
await compare(10_000);
