import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describeAccountFailure } from "../../../worker/account/account_failure.ts";
import { NewerDataError } from "../../../worker/account/tables.ts";

const LATER = "The next sweep tries again by itself";

/** What Cloudflare and SQLite say, and what an operator reads. */
const FAILURES: readonly (readonly [message: string, says: string])[] = [
  [
    "SQL is not enabled for this Durable Object class. To enable it, set the `new_sqlite_classes` property in your wrangler.toml.",
    "under new_sqlite_classes: copy it from Herotate's own wrangler.toml, and deploy again",
  ],
  [
    'The RPC receiver does not implement the method "wake".',
    "leads to another class than Herotate's 'Account'",
  ],
  ["database or disk is full: SQLITE_FULL", "so nothing is rotated or deleted"],
  ["Exceeded the maximum database size", "so nothing is rotated or deleted"],
  [
    "string or blob too big: SQLITE_TOOBIG",
    "spread its credentials over several Heroku accounts",
  ],
  ["Network connection lost.", LATER],
  ["Internal error in Durable Object storage caused object to be reset.", LATER],
  ["Durable Object storage operation exceeded timeout which caused object to be reset.", LATER],
  ["Durable Object reset because its code was updated.", LATER],
  ["Durable Object is overloaded. Too many requests queued.", LATER],
];

for (const [message, says] of FAILURES) {
  Deno.test(`describeAccountFailure() says what to do about '${message}'`, () => {
    const said = describeAccountFailure(new Error(message));
    assertStringIncludes(said, says);
    assert(said.endsWith(`. It answered '${message.replace(/\.$/, "")}'`), said);
    assert(/^[A-Z]/.test(said) && !said.includes(".."), said);
  });
}

Deno.test("describeAccountFailure() repeats what says for itself what to do", () => {
  const newer = new NewerDataError(99);
  assertStringIncludes(newer.message, "Deploy that Herotate again, or one that is newer");
  const table: readonly (readonly [unknown, string])[] = [
    [newer, newer.message],
    [new TypeError("undefined is not a function"), "undefined is not a function"],
    [new Error(" Cannot sweep with it: mend it.. "), "Cannot sweep with it: mend it"],
  ];
  for (const [thrown, expected] of table) assertEquals(describeAccountFailure(thrown), expected);
});

Deno.test("describeAccountFailure() says where to look when the failure gives no reason", () => {
  for (const thrown of ["a string", undefined, null, {}, new Error(""), new Error(" . ")]) {
    assertEquals(
      describeAccountFailure(thrown),
      "Something went wrong that gives no reason: see the Worker's log",
    );
  }
});
