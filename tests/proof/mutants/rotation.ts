/**
 * Mutants of the rotation and of what it makes, delivers and deletes.
 *
 * @module
 */
import { breaking, type Mutant } from "./mutant.ts";

const rotate = breaking("lib/rotation/rotate.ts");
const mint = breaking("lib/rotation/mint.ts");
const create = breaking("lib/rotation/create.ts");
const supply = breaking("lib/rotation/supply.ts");
const promote = breaking("lib/rotation/promote.ts");
const retire = breaking("lib/rotation/retire.ts");

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
        find: "lasts(newest, credential, now()) &&",
        put: "(lasts(newest, credential, now()) || newest.generation > 0) &&",
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
  supply(
    "goes on although a required target failed",
    "if (missing) throw unproven(missing.place, credential);",
    "missing;",
  ),
  rotate(
    "promotes before it delivers",
    `    const missed = await deliverAll(attempt, mark);
    const stale = await promoteAndWait(attempt, mark);`,
    `    const stale = await promoteAndWait(attempt, mark);
    const missed = await deliverAll(attempt, mark);`,
  ),
  {
    name: "retires before it delivers",
    edits: [
      {
        file: "lib/rotation/rotate.ts",
        find: "    const missed = await deliverAll(attempt, mark);\n",
        put: "    const missed: string[] = [];\n",
      },
      {
        file: "lib/rotation/supply.ts",
        find: "if (missing) throw unproven(missing.place, credential);",
        put: "missing;",
      },
      {
        file: "lib/rotation/supply.ts",
        find: "if (!record?.proof) throw unproven(place, credential);",
        put: "if (!record?.proof) return null;",
      },
    ],
  },
  promote("waits out no overlap", "if (left === 0) return stale;", "if (left >= 0) return stale;"),
  supply(
    "does not look at the targets again after the overlap",
    "    await target.confirm(delivery, record.receipt, { signal });\n",
    "    await Promise.resolve(delivery);\n",
  ),
  retire(
    "retires although Heroku refuses the new token",
    "if (!await account.accepts(await openToken(entry, sealing), entry.scope)) {",
    "if (entry.generation < 0) {",
  ),
  retire(
    "deletes what a moved target holds",
    "    !isElsewhere(place)\n",
    "    !isElsewhere(place) && place === stale\n",
    "a target moved to",
  ),
  rotate(
    "deletes a refused token that a target may hold",
    "if (minted.fresh) return",
    "if (minted.mark) return",
    "refuses for a while after its delivery",
  ),
  rotate(
    "delivers a token that was never tried",
    "return await account.accepts(await openToken(entry, sealing), entry.scope);",
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
        file: "lib/rotation/supply.ts",
        find: "const { place, retainsToken } = findTarget(credential, target);",
        put: "const { place, retainsToken } = target;",
      },
      {
        file: "lib/rotation/supply.ts",
        find:
          "  const { target, place } = findTarget(credential, wanted);\n  if (deliveryOf(known, mark, wanted)",
        put: "  const { target, place } = wanted;\n  if (deliveryOf(known, mark, wanted)",
      },
    ],
  },
  supply(
    "keeps the token in the engine",
    'await write({ kind: "receive", mark, place, receipt, at: now() });\n  return null;',
    'await write({ kind: "receive", mark, place, receipt, at: now() });\n  return delivery.token as unknown as null;',
  ),
  retire(
    "keeps what somebody renamed for what it deleted",
    'const isLeft = end === "renamed" || end === "untouchable";',
    'const isLeft = end === "untouchable";',
    "renamed, and named back later",
  ),
  create(
    "sends what another try may have sent",
    'if (isOld || intended.state !== "intended" || intended.sender !== sender) {',
    'if (isOld || intended.state !== "intended" || intended.sender === null) {',
  ),
  create(
    "forgets the marker",
    "formatMarker({ ...intended, name: intended.credential })",
    "[intended.credential, formatMarker].slice(0, 1).join()",
  ),
  mint(
    "mints again and leaves the leftovers",
    "  await removeLeftovers(attempt, fresh);\n",
    "  await (note ? undefined : removeLeftovers(attempt, fresh));\n",
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
    "conceal(`Cannot ${doing} the ${place} because ${action} ${what}`)",
    "`Cannot ${doing} the ${place} because ${action} ${what} ${secrets[0]}`",
  ),
  breaking("lib/rotation/credential.ts")(
    "does not pause",
    "if (paused) return",
    "if (paused && observe) return",
    "a pause during the overlap",
  ),
  breaking("lib/rotation/credential.ts")(
    "goes on with what is only observed",
    "return observe ?",
    "return observe && paused ?",
    "an overlap that is only observed from then on",
  ),
  breaking("lib/rotation/fuse.ts")(
    "removes leftovers of what is only observed",
    "removals.filter(({ entry }) => !observed.has(entry.credential)),",
    "removals,",
  ),
];
