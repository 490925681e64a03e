import { assertEquals } from "@std/assert";
import { allows, type Permission } from "../../../lib/testing/heroku/scopes.ts";

const PERMISSIONS: readonly Permission[] = [
  "authorizations",
  "account",
  "rate-limits",
  "read-config",
  "write-config",
];

const CASES: readonly [scope: readonly string[], allowed: readonly Permission[]][] = [
  [["global"], PERMISSIONS],
  [["identity"], ["account", "rate-limits"]],
  [["read"], ["rate-limits"]],
  [["write"], ["rate-limits"]],
  [["read-protected"], ["rate-limits", "read-config"]],
  [["write-protected"], ["rate-limits", "read-config", "write-config"]],
  [["identity", "read-protected"], ["account", "rate-limits", "read-config"]],
  [["write-protected:01234567"], ["rate-limits"]],
  [["constructor"], ["rate-limits"]],
  [[], ["rate-limits"]],
];

for (const [scope, allowed] of CASES) {
  Deno.test(`allows() lets the scope '${scope}' do ${allowed.join(", ")}`, () => {
    assertEquals(PERMISSIONS.filter((permission) => allows(scope, permission)), allowed);
  });
}
