/**
 * What the configuration was when the account was last swept, so that a change of it is an event.
 *
 * @module
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Credential } from "../../lib/rotation/credential.ts";
import { about, type Happening } from "../event.ts";
import type { EventLog } from "./event_log.ts";
import type { Sql } from "./sql.ts";

/** What is known of the configuration. */
export interface ConfigurationLog {
  /** Notes the credentials as they are configured now. */
  note(credentials: readonly Credential[]): void;
}

/** Makes it on tables that are up to date. */
export function createConfigurationLog(
  sql: Sql,
  events: Pick<EventLog, "append">,
): ConfigurationLog {
  return {
    note(credentials) {
      const before = new Map(
        sql.run<{ credential: string; digest: string }>(
          "SELECT credential, digest FROM configurations",
        ).map(({ credential, digest }) => [credential, digest]),
      );
      const now = new Map(credentials.map((each) => [each.name, digestOf(each)]));
      const changed = [...now].filter(([name, digest]) => before.get(name) !== digest);
      const gone = [...before.keys()].filter((name) => !now.has(name));
      if (changed.length === 0 && gone.length === 0) return;
      sql.transaction(() => {
        for (const name of gone) sql.run("DELETE FROM configurations WHERE credential = ?", name);
        for (const [name, digest] of changed) {
          sql.run(
            "INSERT INTO configurations (credential, digest) VALUES (?, ?)" +
              " ON CONFLICT DO UPDATE SET digest = excluded.digest",
            name,
            digest,
          );
        }
        events.append("sweep", [
          ...gone.map((name) => happen(name, "It is no longer configured")),
          ...changed.map(([name]) =>
            happen(
              name,
              before.has(name) ? "It is configured otherwise" : "It is configured",
            )
          ),
        ]);
      });
    },
  };
}

/** All that is configured of a credential, and no secret: of targets the place says what they are. */
function digestOf({ targets, ...members }: Credential): string {
  const written = JSON.stringify([
    Object.entries(members).toSorted(([one], [other]) => one < other ? -1 : 1),
    targets.map(({ type, place, required }) => [type, place, required]),
  ]);
  return bytesToHex(sha256(utf8ToBytes(written))).slice(0, 16);
}

function happen(credential: string, message: string): Happening {
  return { ...about(credential), kind: "configuration_changed", message };
}
