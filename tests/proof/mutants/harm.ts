/**
 * Mutants of what bounds the harm: the brake, and the lifetime that was granted.
 *
 * @module
 */
import { breaking, type Mutant } from "./mutant.ts";

const brake = breaking("lib/rotation/brake.ts");
const mint = breaking("lib/rotation/mint.ts");
const line = breaking("lib/rotation/line.ts");
const sightings = breaking("lib/rotation/sightings.ts");

/** The mutants. */
export const harmMutants: readonly Mutant[] = [
  brake(
    "creates without a brake",
    "if (creates.length >= mostCreates) {",
    "if (creates.length >= Math.max(mostCreates, Infinity)) {",
    "somebody who revokes whatever is made",
  ),
  brake(
    "lets live ones pile up without a brake",
    "if (live.length >= mostLive) {",
    "if (live.length >= Math.max(mostLive, Infinity)) {",
    "a new token a day that lives for a year",
  ),
  mint(
    "hands down whatever life a list once named",
    "asked === null || asked >= SHORTEST_INHERITED ? asked : DEFAULT_LIFETIME",
    "asked === null || asked >= 0 * SHORTEST_INHERITED ? asked : DEFAULT_LIFETIME",
    "about to end",
  ),
  brake(
    "brakes by the lifetime that it asked for",
    "return Math.max(longest, shortestGrant(asked));",
    "return asked ?? Math.max(longest, shortestGrant(asked));",
    "eight hours granted where 30 days were asked",
  ),
  brake(
    "explains what may be live by what Heroku granted others",
    "const shortest = Math.min(...live.map((entry) => intervalAfter(credential, lifetimeOf(entry))));",
    "const shortest = interval;",
    "eight hours granted, and then ids that no one can read",
  ),
  brake(
    "counts what it deleted as gone, whatever Heroku lists",
    "if (!made || goneAt !== null || ",
    'if (!made || goneAt !== null || state === "retired" || ',
    "a new token a day that lives for a year",
  ),
  breaking("lib/rotation/plan.ts")(
    "creates as fast as the brake allows, and then no more",
    "if (brake === undefined && now < pace) {",
    "if (brake === undefined && now < Math.min(pace, 0)) {",
    "while no create has an answer",
  ),
  breaking("lib/rotation/doubt.ts")(
    "counts creates by Heroku's dates rather than its own clock",
    "return made.filter(({ notedAt }) => notedAt > (notedAt > now ? latest : now) - COUNTED_FOR);",
    "return made.filter(({ createdAt }) => createdAt > (createdAt > now ? latest : now) - COUNTED_FOR);",
    "dates that are years old",
  ),
  breaking("lib/rotation/doubt.ts")(
    "counts all creates that a clock dated ahead, whenever they were",
    "return made.filter(({ notedAt }) => notedAt > (notedAt > now ? latest : now) - COUNTED_FOR);",
    "return made.filter(({ notedAt }) => notedAt > (notedAt > latest ? latest : now) - COUNTED_FOR);",
    "40 days ahead",
  ),
  {
    name: "goes by the lifetime that it asked for",
    edits: [
      {
        file: "lib/rotation/create.ts",
        find: "return asked === null ? seconds * 1000 : Math.min(seconds * 1000, asked);",
        put: "return asked === null ? seconds * 1000 : Math.max(seconds * 1000, asked);",
      },
      {
        file: "lib/rotation/sightings.ts",
        find: "return { ...entry, expiresAt: end, lifetime: granted };",
        put: "return granted === null ? { ...entry, expiresAt: end } : entry;",
      },
    ],
    caughtIn: "eight hours granted where",
  },
  sightings(
    "does not see in a list that a token ends before its create said",
    "return { ...entry, expiresAt: end, lifetime: granted };",
    "return granted === null ? { ...entry, expiresAt: end } : entry;",
    "and create says undefined of them",
  ),
  breaking("lib/rotation/create.ts")(
    "believes a life of a second",
    "if (seconds === undefined || seconds * 1000 < SHORTEST_LIFE) return asked;",
    "if (seconds === undefined || seconds * 1000 > Infinity) return asked;",
    "a create that says one second",
  ),
  line(
    "believes a later end than its create's answer said",
    "return entry.made && entry.expiresAt !== null && (end === null || end > entry.expiresAt)\n",
    "return entry.made && entry.expiresAt !== null && (end === null || end > Infinity)\n",
    "lists that say a year",
  ),
];
