/**
 * The seals in the ledger: which of them still open, and with which key.
 *
 * @module
 */
import type { Credential } from "./credential.ts";
import type { Notice } from "./decision.ts";
import type { CredentialLedger, Entry, Reseal, SweepLedger } from "./ledger.ts";
import { canOpen, type Sealing } from "./sealing.ts";

/** What the seals are looked at with. */
export interface SealWorld {
  /** Seals and opens tokens. */
  readonly sealing: Sealing;
  /** Takes the new seals. */
  readonly ledger: Pick<SweepLedger, "reseal">;
  /** What is to be kept alive. */
  readonly credentials: readonly Credential[];
}

/** Gives what is known without the sealed tokens that no key opens: they are lost. */
export async function withoutLost(
  { sealing }: Pick<SealWorld, "sealing">,
  ledger: ReadonlyMap<string, CredentialLedger>,
): Promise<ReadonlyMap<string, CredentialLedger>> {
  const openable = async (entry: Entry): Promise<Entry> =>
    await canOpen(entry, sealing) ? entry : { ...entry, sealedToken: null };
  const known = [...ledger].map(async ([name, each]) =>
    [name, { ...each, entries: await Promise.all(each.entries.map(openable)) }] as const
  );
  return new Map(await Promise.all(known));
}

/**
 * Seals with the present key what the one before has sealed.
 *
 * @param openable What is known without what is lost.
 */
export async function reseal(
  { ledger, sealing }: SealWorld,
  openable: ReadonlyMap<string, CredentialLedger>,
): Promise<void> {
  const seals: Reseal[] = [];
  for (const entry of findFormer(sealing, openable)) {
    const { credential, mark, sealedToken: from } = entry;
    const to = await sealing.seal(await sealing.open(from, entry), entry);
    seals.push({ credential, mark, from, to });
  }
  if (seals.length > 0) await ledger.reseal(seals);
}

/** Says when nothing is sealed with the key before the present one any more. */
export function noteSpentKey(
  { sealing }: SealWorld,
  known: ReadonlyMap<string, CredentialLedger>,
): Notice[] {
  return !sealing.hasPrevious || findFormer(sealing, known).length > 0 ? [] : [{
    credential: null,
    kind: "former_key_spent",
    message:
      "Nothing is sealed with the former key any more: run `wrangler secret delete SEALING_KEY_PREVIOUS`",
  }];
}

/**
 * The credentials whose token in use no key opens.
 *
 * @param openable The same without what is lost.
 */
export function findUnopenable(
  { credentials }: SealWorld,
  known: ReadonlyMap<string, CredentialLedger>,
  openable: ReadonlyMap<string, CredentialLedger>,
): string[] {
  const sealOf = (ledger: ReadonlyMap<string, CredentialLedger>, name: string) =>
    ledger.get(name)?.entries.findLast(({ state }) => state === "minted" || state === "current")
      ?.sealedToken ?? null;
  return credentials.map(({ name }) => name)
    .filter((name) => sealOf(known, name) !== null && sealOf(openable, name) === null);
}

/** What is sealed, and not with the present key. */
function findFormer(
  sealing: Sealing,
  known: ReadonlyMap<string, CredentialLedger>,
): (Entry & { readonly sealedToken: string })[] {
  return [...known.values()].flatMap(({ entries }) => entries).flatMap((entry) => {
    const { sealedToken } = entry;
    return sealedToken === null || sealing.isPresent(sealedToken)
      ? []
      : [{ ...entry, sealedToken }];
  });
}
