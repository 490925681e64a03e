/**
 * Mutants of the rotation and of what it makes, delivers and deletes.
 *
 * @module
 */
import { breaking, type Mutant } from "./mutant.ts";

const file = "lib/rotation/rotate.ts";
const rotate = breaking(file);
const mint = breaking("lib/rotation/mint.ts");

/** The mutants. */
export const rotationMutants: readonly Mutant[] = [
  {
    name: "takes over a replacement that nears its own expiry",
    edits: [
      {
        file: "lib/rotation/mint.ts",
        find: "const unfinished = newest && (newest.mark !== run.beyond || !run.creates);",
        put: "const unfinished = newest;",
      },
      {
        file: "lib/rotation/mint.ts",
        find: "lasts(newest, credential, world.now()) &&",
        put: "(lasts(newest, credential, world.now()) || newest.generation > 0) &&",
      },
    ],
    caughtIn: "nears its own expiry",
  },
  mint(
    "finishes the newest one where another is to be made",
    "const unfinished = newest && (newest.mark !== run.beyond || !run.creates);",
    "const unfinished = newest;",
    "no end granted",
  ),
  rotate(
    "goes on although a required target failed",
    "if (missing) throw unproven(missing.place, credential.name);",
    "missing;",
  ),
  rotate(
    "promotes before it delivers",
    `    const missed = await deliverAll(perform, lease, mark, world);
    const stale = await promoteAndWait(step, perform, lease, mark, world);`,
    `    const stale = await promoteAndWait(step, perform, lease, mark, world);
    const missed = await deliverAll(perform, lease, mark, world);`,
  ),
  {
    name: "retires before it delivers",
    edits: [
      {
        file,
        find: "    const missed = await deliverAll(perform, lease, mark, world);\n",
        put: "    const missed: string[] = [];\n",
      },
      {
        file,
        find: "if (missing) throw unproven(missing.place, credential.name);",
        put: "missing;",
      },
      {
        file,
        find: "if (!record?.proof) throw unproven(place, lease.credential);",
        put: "if (!record?.proof) return null;",
      },
    ],
  },
  rotate("waits out no overlap", "if (left === 0) return stale;", "if (left >= 0) return stale;"),
  rotate(
    "does not look at the targets again after the overlap",
    "    await target.target.confirm(delivery, record.receipt, {});\n",
    "    await Promise.resolve(delivery);\n",
  ),
  rotate(
    "retires although Heroku refuses the new token",
    "if (!await world.accepts(await openToken(entry, world), entry.scope)) {",
    "if (entry.generation < 0) {",
  ),
  rotate(
    "deletes what a moved target holds",
    "    !isElsewhere(place)\n",
    "    !isElsewhere(place) && place === stale\n",
    "a target moved to",
  ),
  rotate(
    "deletes a refused token that a target may hold",
    "if (minted.fresh) return",
    "if (minted.mark) return",
    "refuses for a while behind its delivery",
  ),
  rotate(
    "delivers a token that was never tried",
    "return await world.accepts(await openToken(entry, world), entry.scope);",
    "return await Promise.resolve(entry.mark === mark);",
  ),
  rotate(
    "waits ten seconds for a token to be accepted",
    "const REFUSAL_PAUSES = [10_000, 60_000, 300_000];",
    "const REFUSAL_PAUSES = [10_000];",
    "accepted after four minutes",
  ),
  {
    name: "writes to targets that the configuration has dropped",
    edits: [
      {
        file,
        find: "  const { place, retainsToken } = stillConfigured(target, lease, world);\n",
        put: "  const { place, retainsToken } = target;\n",
      },
      {
        file,
        find:
          "  const { target: current, place } = stillConfigured(target, lease, world);\n  if (deliveryOf",
        put: "  const { target: current, place } = target;\n  if (deliveryOf",
      },
    ],
  },
  rotate(
    "keeps the token in the engine",
    '[{ kind: "receive", mark, place, receipt, at: world.now() }]);\n  return null;',
    '[{ kind: "receive", mark, place, receipt, at: world.now() }]);\n  return delivery.token as unknown as null;',
  ),
  rotate(
    "keeps what somebody renamed for what it deleted",
    'const isLeft = end === "renamed" || end === "untouchable";',
    'const isLeft = end === "untouchable";',
    "renamed, and named back later",
  ),
  mint(
    "sends what another try may have sent",
    'if (isOld || intended.state !== "intended" || intended.sender !== sender) {',
    'if (isOld || intended.state !== "intended" || intended.sender === null) {',
  ),
  mint(
    "forgets the marker",
    "formatMarker({ ...intended, name: intended.credential })",
    "[intended.credential, formatMarker].slice(0, 1).join()",
  ),
  mint(
    "mints again and leaves the leftovers",
    "  await removeLeftovers(run, known, world, note);\n",
    "  await (note ? undefined : removeLeftovers(run, known, world, note));\n",
  ),
  mint(
    "mints again although there is a replacement",
    "unfinished && !isContested(newest, known) &&",
    "unfinished && newest.generation < 0 && !isContested(newest, known) &&",
  ),
  mint(
    "mints although the list of leftovers has records that it cannot read",
    "const isReadable = listing.broken === null && listing.unreadable.length <= note.unreadable;",
    "const isReadable = listing.broken === null || note === undefined;",
    "no record has a readable id",
  ),
  mint(
    "mints although the list of leftovers broke off",
    "const isReadable = listing.broken === null && listing.unreadable.length <= note.unreadable;",
    "const isReadable = listing.unreadable.length <= note.unreadable;",
    "lists break off before it",
  ),
  mint(
    "counts generations that somebody else wrote",
    'new Set(["intended", "refused", "discarded", "foreign"])',
    'new Set(["intended", "refused", "discarded"])',
    "the largest there is",
  ),
  breaking("lib/heroku/client.ts")(
    "sends the create again",
    `        expected: [201],
        headers,
        signal,
        retry: false,
      });
      return readIssued(response, onMistyped);`,
    `        expected: [201],
        headers,
        signal,
        retry: true,
      });
      return readIssued(response, onMistyped);`,
    "a lost answer where reads lag a minute",
  ),
  breaking("lib/rotation/acceptance.ts")(
    "puts the token into a URL",
    'path: "/account",',
    "path: `/account?token=${token}`,",
  ),
  breaking("lib/rotation/acceptance.ts")(
    "takes a firewall's page for a proof",
    "if (error.status === 403 && isNarrow && error.id !== undefined) return true;",
    "if (error.status === 403 && isNarrow) return true;",
    "a page of a firewall",
  ),
  breaking("lib/rotation/sealing.ts")(
    "stores the token unsealed",
    'return [header, encode(iv), encode(new Uint8Array(ciphertext))].join(".");',
    'return [header, encode(iv), encode(new Uint8Array(ciphertext)), encode(new TextEncoder().encode(token))].slice(0, 5).join(".");',
  ),
  breaking("lib/targets/request.ts")(
    "quotes what a target answered",
    "conceal(`Cannot ${doing} the ${place} as ${action} ${what}`)",
    "`Cannot ${doing} the ${place} as ${action} ${what} ${secrets[0]}`",
  ),
  breaking("lib/rotation/world.ts")(
    "does not pause",
    "if (found.paused) {",
    "if (found.paused && found.targets.length < 0) {",
    "a pause during the overlap",
  ),
];
