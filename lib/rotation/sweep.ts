/**
 * The sweep: one pass of the cron. It looks at everything, decides, starts what is due, and removes
 * the leftovers of crashed attempts.
 *
 * @module
 */
import type { Authorization } from "../authorization.ts";
import type { AuthorizationsClient, MalformedRecord } from "../client.ts";
import { fingerprint } from "../targets/fingerprint.ts";
import type { Credential } from "./credential.ts";
import type { Decision, Fuse, Removal, Unmanaged } from "./decision.ts";
import type { CredentialLedger, Entry, Lease, Ledger } from "./ledger.ts";
import { createView, type View } from "./line.ts";
import { deleteAuthorization, findAuthorization } from "./lookup.ts";
import { plan, planAdoption } from "./plan.ts";
import { leaseDuration } from "./policy.ts";
import type { Sealing } from "./sealing.ts";
import { canOpen, type RotationRun } from "./world.ts";

/** What a sweep works with. */
export interface SweepWorld {
  /** Heroku's authorizations. */
  readonly authorizations: AuthorizationsClient;
  /** The ledger. */
  readonly ledger: Ledger;
  /** Opens tokens. */
  readonly sealing: Sealing;
  /** The configured credentials. */
  readonly credentials: readonly Credential[];
  /** The most that one sweep may do. */
  readonly fuse: Fuse;
  /** Starts a durable run for each; an id that has been started before is passed over. */
  readonly start: (runs: readonly StartedRun[]) => Promise<void>;
  /** The current time, in milliseconds since the epoch. */
  readonly now: () => number;
}

/** A run to start. */
export interface StartedRun {
  /** The same for the same attempt, so that nothing is started twice. */
  readonly id: string;
  /** What to run. */
  readonly run: RotationRun;
}

/** What a sweep saw and did. It is plain JSON and holds no token. */
export interface SweepReport {
  /** When it began, in milliseconds since the epoch. */
  readonly at: number;
  /** What was decided for each credential. */
  readonly decisions: readonly Decision[];
  /** The names of the credentials whose rotation was started. */
  readonly started: readonly string[];
  /** The ids of the leftovers that were removed. */
  readonly removed: readonly string[];
  /** What nobody claims. */
  readonly unmanaged: readonly Unmanaged[];
  /** Why nothing was started or removed, when the fuse had blown. */
  readonly blown: string | null;
  /** What went wrong, in words; the rest of the sweep went on. */
  readonly problems: readonly string[];
}

/** How long ended entries are kept, in milliseconds: 30 days. */
const keptFor = 30 * 86_400_000;

/**
 * Runs one sweep.
 *
 * @throws When the authorizations could not be listed or the ledger not be read: nothing was done.
 */
export async function sweep(world: SweepWorld): Promise<SweepReport> {
  const { ledger, credentials, fuse, now } = world;
  const at = now();
  const problems: string[] = [];

  let known = await readOpenable(world);
  const view = await look(world, known, at, problems);
  const adoption = planAdoption({ view, credentials, ledger: known });
  for (const [name, entries] of adoption) await ledger.adopt(name, entries);
  if (adoption.size > 0) known = await readOpenable(world);

  const decided = plan({ view, credentials, ledger: known, now: at, fuse });
  if (decided.blown) problems.push(decided.blown);
  await attempt(
    problems,
    "note another Worker's authorizations",
    () => ledger.noteForeign(decided.foreign),
  );
  for (const { credential, generation } of decided.foreign) {
    problems.push(
      `Another Worker made generation ${generation} of '${credential}': let only one of them manage it`,
    );
  }

  const started = await start(world, decided.decisions, at, problems);
  const removed: string[] = [];
  for (const removal of decided.removals) {
    await attempt(problems, `remove leftover ${removal.authorization}`, async () => {
      if (await remove(world, removal, at)) removed.push(removal.authorization);
    });
  }
  await attempt(problems, "prune the ledger", () => ledger.prune(at - keptFor));
  return {
    at,
    decisions: decided.decisions,
    started,
    removed,
    unmanaged: decided.unmanaged,
    blown: decided.blown,
    problems,
  };
}

/** Reads the ledger, without the sealed tokens that the present key does not open: they are as good as lost. */
async function readOpenable(
  { ledger, sealing }: SweepWorld,
): Promise<ReadonlyMap<string, CredentialLedger>> {
  const openable = async (entry: Entry): Promise<Entry> =>
    await canOpen(entry, sealing) ? entry : { ...entry, sealedToken: null };
  const known = [...await ledger.read()].map(async ([name, each]) =>
    [name, { ...each, entries: await Promise.all(each.entries.map(openable)) }] as const
  );
  return new Map(await Promise.all(known));
}

/**
 * Lists the authorizations. A server has been seen to end a list early, so whatever the ledger knows
 * and the list lacks is asked for by its id before it counts as gone.
 */
async function look(
  { authorizations, credentials }: SweepWorld,
  known: ReadonlyMap<string, CredentialLedger>,
  at: number,
  problems: string[],
): Promise<View> {
  const malformed: MalformedRecord[] = [];
  const listed = await authorizations.list({ onMalformed: (record) => malformed.push(record) });
  for (const { page, index, reason } of malformed) {
    problems.push(
      `Heroku listed a record that is no authorization, page ${page}, ${index}: ${reason}`,
    );
  }
  const ids = new Set(listed.map(({ id }) => id));
  const found: Authorization[] = [];
  for (const { name } of credentials) {
    for (const { state, authorization } of known.get(name)?.entries ?? []) {
      const expected = state === "adopted" || state === "minted" || state === "current";
      if (!expected || authorization === null || ids.has(authorization)) continue;
      const present = await findAuthorization(authorizations, authorization);
      if (present) found.push(present);
    }
  }
  const untouchable = await findAuthorization(authorizations, "~");
  return createView([...listed, ...found], at, untouchable?.id);
}

async function start(
  world: SweepWorld,
  decisions: readonly Decision[],
  at: number,
  problems: string[],
): Promise<string[]> {
  const ledgerId = await world.ledger.id();
  const runs: StartedRun[] = [];
  for (const decision of decisions) {
    if (decision.kind !== "rotate") continue;
    const lease: Lease = {
      credential: decision.credential,
      attempt: decision.attempt,
      ledger: ledgerId,
    };
    await attempt(problems, `start '${decision.credential}'`, async () => {
      if (!await world.ledger.claim(lease, decision.seenLease, at + leaseDuration)) return;
      runs.push({
        id: await createRunId(lease, ledgerId),
        run: { ...lease, creates: decision.creates },
      });
    });
  }
  if (runs.length === 0) return [];
  const startAll = () => world.start(runs);
  const started = await attempt(problems, "start the rotations that are due", startAll);
  return started ? runs.map(({ run }) => run.credential) : [];
}

async function remove(world: SweepWorld, removal: Removal, at: number): Promise<boolean> {
  const { credential, mark, state } = removal.entry;
  if (state === "intended" && !await world.ledger.discardAbandoned(credential, mark, at)) {
    return false;
  }
  await deleteAuthorization(world.authorizations, removal.authorization);
  return true;
}

/**
 * Names a durable run: `ci-deploy-a3-1f2e3d4c`, the last word the ledger's, as another ledger counts
 * attempts anew. A name that an id cannot hold (letters, digits, `-` and `_`, 100 in all) is hashed,
 * never cut.
 */
export async function createRunId(
  { credential, attempt }: Lease,
  ledgerId: string,
): Promise<string> {
  const id = `${credential}-a${attempt}-${ledgerId}`;
  if (/^[a-zA-Z0-9_][a-zA-Z0-9_-]{0,99}$/.test(id)) return id;
  return `${await fingerprint(credential)}-a${attempt}-${ledgerId}`;
}

async function attempt(
  problems: string[],
  action: string,
  run: () => Promise<unknown>,
): Promise<boolean> {
  try {
    await run();
    return true;
  } catch (error) {
    problems.push(`Cannot ${action}: ${error instanceof Error ? error.message : "unknown error"}`);
    return false;
  }
}
