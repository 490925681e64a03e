/**
 * Mutants of what a ledger does that is an older copy of itself.
 *
 * @module
 */
import { breaking, type Mutant } from "./mutant.ts";

const findings = breaking("lib/rotation/findings.ts");
const line = breaking("lib/rotation/line.ts");
const plan = breaking("lib/rotation/plan.ts");
const rotation = breaking("lib/rotation/rotate.ts");
const sweep = breaking("lib/rotation/sweep.ts");

/** The mutants. */
export const copyMutants: readonly Mutant[] = [
  breaking("lib/rotation/marker.ts")(
    "makes marks without its lineage",
    "return `${createWord(MARK_LENGTH - lineage.length)}${lineage}`;",
    "return createWord(MARK_LENGTH + 0 * lineage.length);",
    "before 'begin abandon', restored after the rotation",
  ),
  findings(
    "forgets for ever what its copy forgot",
    'id !== view.defaultId && isOfLineage(markOf({ id, ...authorization }) ?? "", lineage)',
    'id === view.defaultId && isOfLineage(markOf({ id, ...authorization }) ?? "", lineage)',
    "before 'begin abandon', restored after the rotation",
  ),
  findings(
    "asks for what a list says that a forgotten one lives",
    "predecessor ? askedOf(predecessor) : entry.asked",
    "predecessor ? entry.asked : entry.asked",
    "as lists say that nothing ever ends",
  ),
  line(
    "goes on with what its copy calls current where targets hold a newer one",
    'state === "adopted" && generation > 0 && generation >= (newest?.generation ?? 0)',
    'state === "adopted" && generation > 0 && newest === undefined',
    "whose token is not due",
  ),
  plan(
    "finishes what its copy calls current where targets hold a newer one",
    "(line.forgotten ? undefined : line.current)",
    "(line.forgotten ? line.current : line.current)",
    "whose token is not due",
  ),
  sweep(
    "removes what by its copy was never sent",
    "entry.sender === null ? found === null",
    "entry.sender === null ? entry.sender === null",
    "before 'begin send', restored after the rotation",
  ),
  sweep(
    "removes what by its copy has no answer, whatever the run says",
    ": !await mayHaveDelivered(runId)",
    ': !await mayHaveDelivered(runId) || runId !== ""',
    "before 'write mint', restored after the rotation",
  ),
  rotation(
    "does not say of a failed run that it got as far as delivering",
    "    delivers = true;",
    '    delivers = mark === "";',
    "before 'write mint', restored when a target had failed",
  ),
  breaking("lib/rotation/create.ts")(
    "sends at any time what was intended",
    "const isOld = now() > intended.notedAt + LEASE_DURATION;",
    "const isOld = now() < intended.notedAt - LEASE_DURATION;",
    "comes back to an older copy",
  ),
];
