import { assertEquals, assertNotMatch, assertThrows } from "@std/assert";
import {
  checkCreateAttributes,
  checkUpdateAttributes,
  type CreateAttributes,
  type UpdateAttributes,
} from "../../lib/heroku/attributes.ts";

function toCreate(attributes: unknown): CreateAttributes {
  return attributes as CreateAttributes;
}

function toUpdate(attributes: unknown): UpdateAttributes {
  return attributes as UpdateAttributes;
}

Deno.test("checkCreateAttributes() gives a copy without what is undefined", () => {
  const scope = ["read"];
  const copy = checkCreateAttributes({ scope, description: undefined, expires_in: null });
  scope.push("global");
  assertEquals(copy, { scope: ["read"], expires_in: null });
  assertEquals(Object.keys(copy), ["scope", "expires_in"]);
  assertEquals(checkCreateAttributes({}), {});
  const all = { scope: ["read"], description: "", expires_in: 1, client: "c" };
  assertEquals(checkCreateAttributes(all), all);
});

Deno.test("checkCreateAttributes() refuses what Heroku would misunderstand", () => {
  const table = [
    [undefined, TypeError, "its attributes must be an object"],
    [null, TypeError, "its attributes must be an object"],
    [["global"], TypeError, "its attributes must be an object"],
    ["canary", TypeError, "its attributes must be an object"],
    [
      { expiresIn: 5 },
      TypeError,
      "its attributes must have no 'expiresIn': give only 'scope', 'description', 'expires_in', 'client'",
    ],
    [{ toString: "canary" }, TypeError, "must have no 'toString'"],
    [JSON.parse('{"__proto__": {"scope": ["x"]}}'), TypeError, "must have no '__proto__'"],
    [{ scope: "canary" }, TypeError, "'scope' must be an array of strings"],
    [{ scope: [] }, TypeError, "'scope' must be an array of strings, at least one"],
    [{ scope: ["canary", ""] }, TypeError, "'scope' must be"],
    [{ scope: [5] }, TypeError, "'scope' must be"],
    [{ scope: null }, TypeError, "'scope' must be"],
    [{ description: 5 }, TypeError, "'description' must be a string"],
    [{ client: { id: "canary" } }, TypeError, "'client' must be a string"],
    [{ client: "" }, TypeError, "'client' must be a string"],
    [{ expires_in: "30" }, TypeError, "'expires_in' must be a number"],
    [
      { expires_in: 0 },
      RangeError,
      "positive whole number of seconds, or null: current value is 0",
    ],
    [{ expires_in: -1 }, RangeError, "current value is -1"],
    [{ expires_in: 1.5 }, RangeError, "current value is 1.5"],
    [{ expires_in: NaN }, RangeError, "current value is NaN"],
    [{ expires_in: Infinity }, RangeError, "current value is Infinity"],
    [{ expires_in: 2 ** 53 }, RangeError, "current value is 9007199254740992"],
  ] as const;
  for (const [attributes, Class, message] of table) {
    const error = assertThrows(() => checkCreateAttributes(toCreate(attributes)), Class, message);
    assertNotMatch(error.message, /canary/);
  }
});

Deno.test("checkUpdateAttributes() takes a description and a client, and nothing else", () => {
  const all = { description: "x", client: { id: "c", secret: "s" } };
  assertEquals(checkUpdateAttributes(all), all);
  assertEquals(checkUpdateAttributes({ description: "" }), { description: "" });
  const table = [
    [undefined, "its attributes must be an object"],
    [{}, "there is nothing to change: give 'description' or 'client'"],
    [{ description: undefined }, "there is nothing to change"],
    [{ expires_in: 5 }, "must have no 'expires_in'"],
    [{ scope: ["read"] }, "must have no 'scope'"],
    [{ description: 5 }, "'description' must be a string"],
    [{ client: "canary" }, "its 'client' must be an object"],
    [{ client: null }, "its 'client' must be an object"],
    [{ client: { id: "c", name: "n" } }, "its 'client' must have no 'name'"],
    [{ client: { secret: "" } }, "'secret' must be a string"],
  ] as const;
  for (const [attributes, message] of table) {
    const error = assertThrows(
      () => checkUpdateAttributes(toUpdate(attributes)),
      TypeError,
      message,
    );
    assertNotMatch(error.message, /canary/);
  }
});
