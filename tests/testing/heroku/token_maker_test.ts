import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { createRandom } from "../../../lib/testing/random.ts";
import { createTokenMaker, redactToken } from "../../../lib/testing/heroku/token_maker.ts";

Deno.test("createTokenMaker() makes tokens in each of Heroku's forms", () => {
  const random = createRandom(1);
  const uuid = "[\\da-f]{8}(-[\\da-f]{4}){3}-[\\da-f]{12}";

  assertMatch(createTokenMaker(random, "long", "")(), /^HRKU-AA[\w-]{58}$/);
  assertMatch(createTokenMaker(random, "prefixed-uuid", "")(), new RegExp(`^HRKU-${uuid}$`));
  assertMatch(createTokenMaker(random, "uuid", "")(), new RegExp(`^${uuid}$`));
});

Deno.test("createTokenMaker() puts the canary into every token and keeps the length", () => {
  const make = createTokenMaker(createRandom(1), "long", "CANARY");

  for (let made = 0; made < 20; made++) assertMatch(make(), /^HRKU-AACANARY[\w-]{52}$/);
});

Deno.test("createTokenMaker() refuses a canary that cannot be in a token", () => {
  const random = createRandom(1);

  assertThrows(() => createTokenMaker(random, "long", "a b"), TypeError, "'a b'");
  assertThrows(() => createTokenMaker(random, "long", "x".repeat(33)), TypeError, "at most 32");
  assertThrows(() => createTokenMaker(random, "uuid", "x"), TypeError, "'uuid'");
});

Deno.test("redactToken() shows of each token something else, and never the canary", () => {
  const canary = "CANARY".padEnd(32, "-");
  const make = createTokenMaker(createRandom(1), "long", canary);
  const shown = new Set<string>();
  for (let made = 0; made < 5000; made++) {
    const token = make();
    const redacted = redactToken(token, "strong");
    assertEquals(redacted, `HRKU-AA${"*".repeat(10)}${token.slice(-6)}`);
    assert(!redacted.includes("CANARY"));
    assertEquals(redactToken(token, "weak"), "HRKU-AA**********");
    shown.add(redacted);
  }
  assertEquals(shown.size, 5000);
});

Deno.test("redactToken() hides tokens of the other forms", () => {
  const uuid = "57dce771-afad-4c41-a8a5-d10b7fbc743b";

  assertEquals(redactToken(uuid, "strong"), "57dc**********bc743b");
  assertEquals(redactToken(`HRKU-${uuid}`, "strong"), "HRKU-57**********bc743b");
  assertEquals(redactToken(uuid, "weak"), "57dc**********");
});
