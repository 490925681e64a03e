import { assertEquals } from "@std/assert";
import type { Credential } from "../../../lib/rotation/credential.ts";
import { createConfigurationLog } from "../../../worker/account/configuration_log.ts";
import { createEventLog } from "../../../worker/account/event_log.ts";
import { createDatabase } from "../sqlite.ts";

function createCredential(name: string, changes: Partial<Credential> = {}): Credential {
  return { name, grace: 3_600_000, paused: false, targets: [], ...changes };
}

Deno.test("what is configured, configured otherwise or no longer is an event, once", () => {
  const database = createDatabase();
  const events = createEventLog(database);
  const configurations = createConfigurationLog(database, events);
  const one = createCredential("one");
  const steps: readonly (readonly [readonly Credential[], readonly string[]])[] = [
    [[one, createCredential("two")], ["one: It is configured", "two: It is configured"]],
    [[one, createCredential("two")], []],
    // The order of members is not what is configured.
    [[{ targets: [], paused: false, grace: 3_600_000, name: "one" }, createCredential("two")], []],
    [[one, createCredential("two", { paused: true })], ["two: It is configured otherwise"]],
    [[one], ["two: It is no longer configured"]],
    [[one, createCredential("two")], ["two: It is configured"]],
  ];
  let after = 0;
  for (const [credentials, expected] of steps) {
    configurations.note(credentials);
    const { lines, head } = events.read({ after, limit: 100 });
    after = head.number;
    const told = lines.map((line) => JSON.parse(line));
    assertEquals(told.map(({ credential, message }) => `${credential}: ${message}`), expected);
    assertEquals(new Set(told.map(({ kind }) => kind)).size <= 1, true);
  }
});
