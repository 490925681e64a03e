/**
 * Seen to fail: the sources broken on purpose, one way at a time, each to be caught by the proof.
 *
 * @module
 */
import { cp } from "node:fs/promises";

/** One way to break the sources. */
export interface Mutant {
  /** What is broken, in words. */
  readonly name: string;
  /** The text to change: it must stand there exactly once. */
  readonly edits: readonly { readonly file: string; readonly find: string; readonly put: string }[];
  /** What of the name of a world is to catch it, so that it is tried first; default: all are tried. */
  readonly caughtIn?: string;
}

/** What became of a mutant. */
export type MutantResult =
  | { readonly outcome: "caught"; readonly by: string }
  /** Nothing was found, or not in time. */
  | { readonly outcome: "survived" }
  | { readonly outcome: "stale"; readonly file: string };

const rotate = "lib/rotation/rotate.ts";
const mint = "lib/rotation/mint.ts";
const sweep = "lib/rotation/sweep.ts";
const plan = "lib/rotation/plan.ts";
const need = "lib/rotation/need.ts";
const line = "lib/rotation/line.ts";
const ledger = "worker/ledger.ts";

function mutant(name: string, file: string, find: string, put: string): Mutant {
  return { name, edits: [{ file, find, put }] };
}

/** One that breaks a guard against a world that is not what Heroku's reference says. */
function unguarded(
  name: string,
  caughtIn: string,
  file: string,
  find: string,
  put: string,
): Mutant {
  return { ...mutant(name, file, find, put), caughtIn };
}

/** The mutants. */
export const mutants: readonly Mutant[] = [
  mutant(
    "takes over a replacement that nears its own expiry",
    mint,
    "member !== undefined && member.usable && !isExpiring(credential, member, now)",
    "member !== undefined && member.usable",
  ),
  mutant(
    "sleeps through the expiry of what it has promoted",
    plan,
    "return !current || (isAsleep && isExpiring(credential, current, now));",
    "return !current || (now < 0 && isAsleep && isExpiring(credential, current, now));",
  ),
  mutant(
    "goes on although a required target failed",
    rotate,
    "if (missing) throw unproven(missing.place, credential.name);",
    "missing;",
  ),
  mutant(
    "promotes before it delivers",
    rotate,
    `    const missed = await supplyAll(perform, lease, mark, world);
    const stale = await outwait(step, perform, lease, mark, world);`,
    `    const stale = await outwait(step, perform, lease, mark, world);
    const missed = await supplyAll(perform, lease, mark, world);`,
  ),
  {
    name: "retires before it delivers",
    edits: [
      {
        file: rotate,
        find: "    const missed = await supplyAll(perform, lease, mark, world);\n",
        put: "    const missed: string[] = [];\n",
      },
      {
        file: rotate,
        find: "if (missing) throw unproven(missing.place, credential.name);",
        put: "missing;",
      },
      {
        file: rotate,
        find: "if (!record?.proof) throw unproven(target.place, lease.credential);",
        put: "if (!record?.proof) return null;",
      },
    ],
  },
  mutant(
    "waits out no overlap",
    rotate,
    "if (left === 0) return stale;",
    "if (left >= 0) return stale;",
  ),
  mutant(
    "does not look at the targets again after the overlap",
    rotate,
    "    await target.target.confirm(delivery, record.receipt, {});\n",
    "",
  ),
  mutant(
    "retires although Heroku refuses the new token",
    rotate,
    "if (!await world.accepts(await openToken(entry, world))) {",
    "if (entry.generation < 0) {",
  ),
  mutant(
    "deletes what was renamed by hand",
    "lib/rotation/lookup.ts",
    "found && isClaimed(found, credential) &&",
    "found && isClaimed(found, credential) !== undefined &&",
  ),
  mutant(
    "deletes what a moved target holds",
    rotate,
    "  if (moved.length === 0) return undefined;\n",
    "  if (moved.length >= 0) return undefined;\n",
  ),
  mutant(
    "deletes a refused token that a target may hold",
    rotate,
    "if (minted.fresh) return",
    "if (minted.mark) return",
  ),
  mutant(
    "delivers a token that was never tried",
    rotate,
    'return entry.state === "current" || await world.accepts(await openToken(entry, world));',
    "return entry.mark === mark;",
  ),
  mutant(
    "writes to targets that the configuration has dropped",
    rotate,
    "  const { target: current, keepsToken } = stillConfigured(target, lease, world);\n",
    "  const { target: current, keepsToken } = target;\n",
  ),
  mutant(
    "leaves the proofs of what it overwrites",
    rotate,
    'await world.ledger.takeBack(lease, target.place, keepsToken ? "own" : "all");',
    "keepsToken;",
  ),
  mutant(
    "forgets the store's token",
    rotate,
    "if (!configured(world, lease).targets.some(({ keepsToken }) => keepsToken)) {",
    "if (configured(world, lease).targets.length > 0) {",
  ),
  mutant(
    "keeps the token in the engine",
    rotate,
    "  await record(await current.deliver(delivery, {}));\n  return null;",
    "  await record(await current.deliver(delivery, {}));\n  return delivery.token as unknown as null;",
  ),
  mutant(
    "writes no intent",
    mint,
    "  await world.ledger.intend(run, intended);\n",
    "",
  ),
  mutant(
    "forgets the marker",
    mint,
    "formatMarker({ ...intended, name: intended.credential })",
    "intended.credential",
  ),
  mutant(
    "mints anew and leaves the leftovers",
    mint,
    "  await removeLeftovers(run, known, world);\n",
    "",
  ),
  mutant(
    "mints anew although there is a replacement",
    mint,
    "unfinished && !isContested(newest, known) &&",
    "unfinished && newest.generation < 0 && !isContested(newest, known) &&",
  ),
  mutant(
    "sends the create again",
    "lib/client.ts",
    `        expected: [201],
        headers,
        signal,
        retry: false,
      });
      return readIssued(response);`,
    `        expected: [201],
        headers,
        signal,
        retry: true,
      });
      return readIssued(response);`,
  ),
  mutant(
    "puts the token into a URL",
    "lib/rotation/acceptance.ts",
    'path: "/account",',
    "path: `/account?token=${token}`,",
  ),
  mutant(
    "stores the token unsealed",
    "lib/rotation/sealing.ts",
    'return [header, encode(iv), encode(new Uint8Array(ciphertext))].join(".");',
    'return [header, encode(iv), encode(new Uint8Array(ciphertext)), encode(new TextEncoder().encode(token))].slice(0, 5).join(".");',
  ),
  mutant(
    "quotes what a target answered",
    "lib/targets/request.ts",
    "conceal(`Cannot ${doing} the ${place} as ${action} ${what}`)",
    "`Cannot ${doing} the ${place} as ${action} ${what} ${secrets[0]}`",
  ),
  mutant(
    "adopts all of several without a marker",
    line,
    ".filter((authorization) => markOf(authorization) || unmarked.length === 1)",
    ".filter((authorization) => markOf(authorization) || unmarked.length > 0)",
  ),
  mutant(
    "adopts the account's default API key",
    line,
    "    authorization.id !== view.defaultId && !taken.has(authorization.id)\n",
    "    !taken.has(authorization.id)\n",
  ),
  mutant(
    "takes another Worker's for nobody's",
    line,
    "return foreign.length > 0 && foreign.every((its) => isNoNewer(entry, its));",
    "return foreign.length < 0 && foreign.every((its) => isNoNewer(entry, its));",
  ),
  mutant(
    "reads seconds as milliseconds",
    line,
    "Math.min(at + seconds * 1000, lastMoment)",
    "Math.min(at + seconds, lastMoment)",
  ),
  mutant(
    "renews too late",
    "lib/rotation/policy.ts",
    "const expiringAt = Math.min(age.expiresAt - window, emergencyAt);",
    "const expiringAt = age.expiresAt + window;",
  ),
  mutant(
    "leaves the leftovers of crashed attempts",
    sweep,
    "for (const removal of decided.removals) {",
    "for (const removal of decided.removals.slice(decided.removals.length)) {",
  ),
  mutant(
    "takes over from an attempt at work",
    plan,
    "if (isLeased(ledger, credential, now) && !isOverdue(line, ledger, credential, now)) {",
    "if (now < 0 && isLeased(ledger, credential, now) && !isOverdue(line, ledger, credential, now)) {",
  ),
  mutant(
    "has a fuse that never blows",
    plan,
    "if (creates <= fuse.creates && deletes <= fuse.deletes) return null;",
    "if (creates <= fuse.creates || deletes >= 0) return null;",
  ),
  mutant(
    "does not pause",
    "lib/rotation/world.ts",
    "if (found.paused) {",
    "if (found.paused && found.targets.length < 0) {",
  ),
  mutant(
    "trusts what it finds after the ledger was lost",
    need,
    'const lost = holders.find(({ entry }) => entry.state === "adopted" && entry.generation > 0);',
    'const lost = holders.find(({ entry }) => entry.state === "adopted" && entry.generation < 0);',
  ),
  mutant(
    "does not see that a token was regenerated by hand",
    line,
    "usable: !entry.accessToken || !accessToken || entry.accessToken === accessToken,",
    "usable: !entry.accessToken || !accessToken || entry.accessToken !== undefined,",
  ),
  mutant(
    "never notices a target that was moved to it",
    need,
    "if (!current) return adoptable && !taken.has(place);",
    "if (!current) return adoptable;",
  ),
  {
    name: "does not notice that another attempt has taken over",
    edits: [
      {
        file: ledger,
        find: "if (result.meta.changes === 0) throw new SupersededError(lease);",
        put: "result.meta;",
      },
      {
        file: ledger,
        find: "if (held.results.length === 0) throw new SupersededError(lease);",
        put: "held.results;",
      },
    ],
  },
  mutant(
    "writes for an attempt of another ledger",
    ledger,
    "return [credential, attempt, ledger ?? null];",
    "return [credential, attempt, ledger === undefined ? null : null];",
  ),
  mutant(
    "hands out an older token from the store",
    ledger,
    "\" AND state IN ('minted', 'current') AND generation >= COALESCE(\" +",
    '" AND generation < COALESCE(" +',
  ),
  unguarded("creates without a brake", "somebody who revokes whatever is made", plan, "", ""),
  unguarded(
    "lets live ones pile up without a brake",
    "a new token a day that lives for a year",
    plan,
    "",
    "",
  ),
  unguarded(
    "counts creates by Heroku's dates rather than its own clock",
    "dates that are years old",
    plan,
    "",
    "",
  ),
  unguarded("believes at once that a fresh authorization is gone", "lag 90 minutes", line, "", ""),
  unguarded("believes at once that all authorizations are gone", "for 90 minutes", line, "", ""),
  unguarded(
    "believes a list with records that it cannot read",
    "a record that cannot be read",
    sweep,
    "",
    "",
  ),
  unguarded(
    "mints although the list of leftovers has records that it cannot read",
    "records without a readable id",
    mint,
    "",
    "",
  ),
  unguarded("goes by the lifetime that it asked for", "eight hours granted where", mint, "", ""),
  unguarded("adopts its own authorization", "its own authorization with", line, "", ""),
  unguarded("deletes its own authorization", "its own token is one that it made", rotate, "", ""),
  unguarded("sweeps another account", "another account's token for twelve hours", sweep, "", ""),
  unguarded(
    "goes on in another account",
    "another account's token during an overlap",
    rotate,
    "",
    "",
  ),
  unguarded(
    "takes a description's name for a claim",
    "renamed to the credential's name",
    line,
    "",
    "",
  ),
  unguarded(
    "finds a leftover by its exact marker only",
    "a lost answer where descriptions are stored otherwise: brackets",
    line,
    "",
    "",
  ),
  unguarded(
    "does not delete again what was retired and is still listed",
    "a delete that did nothing",
    plan,
    "",
    "",
  ),
  unguarded(
    "leaves a row of every create that is refused",
    "creates that are refused",
    mint,
    "",
    "",
  ),
  unguarded("counts generations that somebody else wrote", "the largest there is", mint, "", ""),
  unguarded(
    "keeps a grace that is longer than the lifetime granted",
    "a grace of two days asked",
    rotate,
    "",
    "",
  ),
  unguarded(
    "takes a firewall's page for a proof",
    "a page of a firewall",
    "lib/rotation/acceptance.ts",
    "",
    "",
  ),
  unguarded(
    "waits ten seconds for a token to be accepted",
    "accepted after four minutes",
    rotate,
    "",
    "",
  ),
];

/** Puts a mutant into a copy of the sources and lets the probe try it. */
export async function tryMutant(
  { edits, caughtIn = "" }: Mutant,
  timeout: number,
): Promise<MutantResult> {
  const root = new URL("../../", import.meta.url).pathname;
  const copy = await Deno.makeTempDir({ prefix: "mutant-" });
  try {
    for (const part of ["lib", "worker", "tests", "mod.ts", "deno.json", "deno.lock"]) {
      await cp(`${root}${part}`, `${copy}/${part}`, { recursive: true });
    }
    await Deno.symlink(`${root}node_modules`, `${copy}/node_modules`);
    for (const { file, find, put } of edits) {
      const text = await Deno.readTextFile(`${copy}/${file}`);
      if (text.split(find).length !== 2) return { outcome: "stale", file };
      await Deno.writeTextFile(`${copy}/${file}`, text.replace(find, () => put));
    }
    const probe = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "tests/proof/probe.ts", caughtIn],
      cwd: copy,
      stdout: "piped",
      stderr: "piped",
      signal: AbortSignal.timeout(timeout),
    });
    const { code, signal, stdout, stderr } = await probe.output();
    const said = new TextDecoder();
    if (code === 0 || signal) return { outcome: "survived" };
    if (code === 9) return { outcome: "caught", by: said.decode(stdout).trim() };
    throw new Error(`Cannot try the mutant: ${said.decode(stderr)}`);
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
}
