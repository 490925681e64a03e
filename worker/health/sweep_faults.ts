/**
 * What is wrong with the sweeps of an account, and with what they saw of all of it.
 *
 * @module
 */
import { type Fault, ofAccount, type Records, TOLERATED_FOR } from "./fault.ts";

/** Finds what is wrong. */
export function findSweepFaults({ last, lastClean }: Records, now: number): Fault[] {
  if (!last) {
    return ofAccount("no_sweep", [
      'There was no sweep yet: the next cron starts one. If none comes, check that wrangler.toml has [triggers] crons = ["*/15 * * * *"]',
    ]);
  }
  const problems = last.report?.problems ?? [];
  const isPatient = now - (lastClean ?? -Infinity) <= TOLERATED_FOR;
  const held = (last.report?.decisions ?? [])
    .filter(({ kind }) => kind === "held")
    .map(({ credential, reason }) => `${credential}: ${reason}`);
  const blown = held.length > 0 ? held : last.report?.blown ? [last.report.blown] : [];
  const isOverdue = now - last.at > TOLERATED_FOR;
  return [
    ...ofAccount(
      "sweep_overdue",
      isOverdue
        ? [
          "The last sweep is more than an hour old: check that wrangler.toml has [triggers] crons = [\"*/15 * * * *\"], and look at the cron's runs in Cloudflare's dashboard",
        ]
        : [],
    ),
    ...ofAccount(
      "sweep_failed",
      last.error === null || last.halt !== null || isPatient ? [] : [last.error],
    ),
    ...ofAccount("sweep_unclean", isPatient ? [] : problems),
    ...ofAccount("account_changed", last.halt === null ? [] : [last.error ?? ""]),
    ...ofAccount("list_unreliable", last.report?.unreliable ? [last.report.unreliable] : []),
    ...ofAccount(
      "list_doubted",
      (last.report?.doubts ?? [])
        .filter(({ since, until }) => until !== null && now - since > TOLERATED_FOR)
        .map((doubt) => doubt.reason),
    ),
    ...ofAccount("delete_undone", last.report?.undead ?? []),
    ...ofAccount("fuse_blown", blown),
  ];
}
