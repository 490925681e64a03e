/**
 * What the rows of an account's tables mean: `tables.ts` makes the columns, and this reads and writes them.
 *
 * @module
 */
import type {
  CredentialRecord,
  DeliveryRecord,
  Entry,
  LedgerNote,
} from "../../lib/rotation/ledger.ts";
import type { Proof, ProofKind, Receipt } from "../../lib/targets/target.ts";
import type { Sql, SqlValue } from "./sql.ts";

/** A row of `credentials`. */
export interface CredentialRow {
  name: string;
  attempt: number;
  claim: string | null;
  lease_until: number | null;
  failures: number;
  ended_at: number | null;
  error: string | null;
  refused_since: number | null;
  served: string | null;
  paused_at: number | null;
  ordered_beyond: number | null;
}

/** The row of `ledger`. */
export interface NoteRow {
  lineage: string;
  account: string | null;
  account_token: string | null;
  own_authorization: string | null;
  unreadable: number;
  unsure: number;
  empty_since: number | null;
}

/** A row of `entries`. */
export type EntryRow = { readonly [column: string]: SqlValue } & { readonly credential: string };

/** A row of `deliveries`. */
export interface DeliveryRow {
  credential: string;
  mark: string;
  place: string;
  receipt: string;
  delivered_at: number;
  proof_kind: ProofKind | null;
  proof_detail: string | null;
  proven_at: number | null;
  looked_at: number | null;
  drift: string | null;
  drifted_at: number | null;
}

/** The column of each member of an entry. */
const COLUMNS: Readonly<Record<keyof Entry, string>> = {
  credential: "credential",
  mark: "mark",
  generation: "generation",
  state: "state",
  authorization: "authorization",
  accessToken: "access_token",
  sealedToken: "sealed_token",
  fingerprint: "fingerprint",
  description: "description",
  scope: "scope",
  lifetime: "lifetime",
  asked: "asked",
  made: "made",
  sender: "sender",
  notedAt: "noted_at",
  createdAt: "created_at",
  expiresAt: "expires_at",
  provenAt: "proven_at",
  listedEnd: "listed_end",
  seenAt: "seen_at",
  doubtedSince: "doubted_since",
  endedAt: "ended_at",
  goneAt: "gone_at",
};

const MEMBERS = Object.keys(COLUMNS) as readonly (keyof Entry)[];

const INSERT_ENTRY =
  `INSERT INTO entries (${MEMBERS.map((member) => COLUMNS[member]).join(", ")})` +
  ` VALUES (${MEMBERS.map(() => "?").join(", ")}) ON CONFLICT DO NOTHING`;

/** Adds an entry, unless there is one of its credential and mark. */
export function insertEntry(sql: Sql, entry: Entry): void {
  sql.run(INSERT_ENTRY, ...valuesOf(entry, MEMBERS));
}

/** Sets members of an entry, in SQL: `access_token = ?, description = ?`. */
export function settersOf(members: readonly (keyof Entry)[]): string {
  return members.map((member) => `${COLUMNS[member]} = ?`).join(", ");
}

/** The values of members of an entry, as its columns hold them. */
export function valuesOf<Member extends keyof Entry>(
  entry: Pick<Entry, Member>,
  members: readonly Member[],
): SqlValue[] {
  return members.map((member) => {
    const value: Entry[keyof Entry] = entry[member];
    if (typeof value === "boolean") return value ? 1 : 0;
    return typeof value === "object" && value !== null ? JSON.stringify(value) : value;
  });
}

/** Reads an entry. */
export function toEntry(row: EntryRow): Entry {
  const entry: Partial<Record<keyof Entry, unknown>> = {};
  for (const member of MEMBERS) entry[member] = row[COLUMNS[member]];
  entry.made = row.made !== 0;
  if (typeof row.scope === "string") entry.scope = JSON.parse(row.scope);
  return entry as Entry;
}

/** Reads what is known of a credential. */
export function toRecord(row: CredentialRow): CredentialRecord {
  return {
    name: row.name,
    attempt: row.attempt,
    claim: row.claim,
    leaseUntil: row.lease_until,
    failures: row.failures,
    endedAt: row.ended_at,
    error: row.error,
    refusedSince: row.refused_since,
    served: row.served,
    pausedAt: row.paused_at,
    orderedBeyond: row.ordered_beyond,
  };
}

/** Reads what the ledger knows of its account. */
export function toNote(row: NoteRow): LedgerNote {
  const { account, account_token: token } = row;
  return {
    lineage: row.lineage,
    account: account === null || token === null ? null : { id: account, token },
    own: row.own_authorization,
    unreadable: row.unreadable,
    unsure: row.unsure,
    emptySince: row.empty_since,
  };
}

/** Reads a delivery. */
export function toDelivery(row: DeliveryRow): DeliveryRecord {
  const proof: Proof | null = row.proof_kind === null
    ? null
    : { kind: row.proof_kind, detail: row.proof_detail ?? "" };
  return {
    mark: row.mark,
    place: row.place,
    receipt: JSON.parse(row.receipt) as Receipt,
    deliveredAt: row.delivered_at,
    proof,
    provenAt: row.proven_at,
    lookedAt: row.looked_at,
    drift: row.drift === null || row.drifted_at === null
      ? null
      : { message: row.drift, since: row.drifted_at },
  };
}
