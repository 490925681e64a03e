import { assert, assertEquals, assertNotMatch } from "@std/assert";
import { createRedact, isSecretName, redactJson, redactThrown } from "../lib/redact.ts";

const TOKEN = 'canary-0123/+=.$^|()[]{}\\"x';

Deno.test("createRedact() takes out a secret however it is written", () => {
  const redact = createRedact([TOKEN]);
  const table = [
    TOKEN,
    TOKEN.toUpperCase(),
    JSON.stringify(TOKEN).slice(1, -1),
    encodeURIComponent(TOKEN),
  ];
  for (const form of table) assertEquals(redact(`<${form}>`), "<[redacted]>");
});

Deno.test("createRedact() takes out what looks like anybody's token", () => {
  const redact = createRedact([]);
  const table = [
    ["HRKU-AAabc_d-9 is bad", "[redacted] is bad"],
    ["hrku-0123456789ab is bad", "[redacted] is bad"],
    ["HRKU-AA**********wxyz.", "[redacted]."],
    ["01234567-89AB-cdef-0123-456789abcdef", "[redacted]"],
    ["Authorization: Bearer abcdefghijklmnop==", "Authorization: [redacted]"],
    ["Invalid Bearer token", "Invalid Bearer token"],
    ["Couldn't find that authorization.", "Couldn't find that authorization."],
  ];
  for (const [before, after] of table) assertEquals(redact(before), after);
  const uuid = "01234567-89ab-cdef-0123-456789abcdef";
  assertEquals(createRedact([])(uuid, { keepUuids: true }), uuid);
  assertEquals(createRedact([uuid])(uuid, { keepUuids: true }), "[redacted]");
});

Deno.test("createRedact() leaves no end of a secret that begins with another one", () => {
  assertEquals(createRedact(["abcdef", "abcdef-ghijkl"])("abcdef-ghijkl"), "[redacted]");
});

Deno.test("createRedact() passes over what is too short to be a secret", () => {
  assertEquals(createRedact(["", "a", "token"])("a token"), "a token");
});

Deno.test("isSecretName() knows the headers and members that hold secrets", () => {
  for (const name of ["Heroku-Two-Factor-Code", "token", "client_secret", "Heroku-Password"]) {
    assert(isSecretName(name), name);
  }
  for (const name of ["Accept", "id", "message", "resource"]) assert(!isSecretName(name), name);
});

Deno.test("redactJson() takes secrets out of values, names and whatever is named like one", () => {
  const redact = createRedact(["canary-0123"]);
  assertEquals(
    redactJson({
      id: "invalid_params",
      "canary-0123": ["x canary-0123", 5, null, true],
      access_token: { token: "opaque", expires_in: 5 },
      code: "code",
      secret: 123456,
    }, redact),
    {
      id: "invalid_params",
      "[redacted]": ["x [redacted]", 5, null, true],
      access_token: { token: "[redacted]", expires_in: 5 },
      code: "code",
      secret: "[redacted]",
    },
  );
});

Deno.test("redactJson() survives any depth", () => {
  const deep: unknown = JSON.parse("[".repeat(50_000) + "]".repeat(50_000));
  assertEquals(
    JSON.stringify(redactJson(deep, createRedact([]))),
    '[[[[[[[["[redacted]"]]]]]]]]',
  );
});

Deno.test("redactThrown() keeps name, message and code of an error and its causes, and no secret", () => {
  const redact = createRedact(["canary-0123"]);
  const inner = Object.assign(new Error("reset, canary-0123"), { code: "ECONNRESET" });
  const thrown = Object.assign(new TypeError("failed: canary-0123", { cause: inner }), {
    request: { headers: { authorization: "Bearer canary-0123" } },
  });
  const copy = redactThrown(thrown, redact);
  assertEquals([copy.name, copy.message], ["TypeError", "failed: [redacted]"]);
  assertEquals(copy.stack, "TypeError: failed: [redacted]");
  assert(copy.cause instanceof Error && "code" in copy.cause);
  assertEquals([copy.cause.message, copy.cause.code], ["reset, [redacted]", "ECONNRESET"]);
  assertNotMatch(Deno.inspect(copy, { showHidden: true, depth: 9 }), /canary/);
});

Deno.test("redactThrown() makes an error of anything, even of a circle of causes", () => {
  const redact = createRedact(["canary-0123"]);
  assertEquals(redactThrown("canary-0123", redact).message, "[redacted]");
  assertEquals(redactThrown({ token: "canary-0123" }, redact).message, "Thrown: object");
  assertEquals(redactThrown(undefined, redact).message, "Thrown: undefined");
  const circle = new Error("round");
  circle.cause = circle;
  assertEquals(redactThrown(circle, redact).message, "round");
});
