import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { createSealing, SealingError, type SealingErrorCode } from "../../lib/rotation/sealing.ts";
import { assertConceals } from "../targets/assert_conceals.ts";

const context = { credential: "ci-deploy", generation: 7, mark: "4k2m9x0qpz1c" };
const token = "HRKU-AAcanary_Q7xkW2mZr9VtLpN4sBfYcHdG1jE5aU8oT3iX6wKz";

function key(fill: number, length = 32): string {
  return btoa(String.fromCharCode(...new Uint8Array(length).fill(fill)));
}

async function assertFails(code: SealingErrorCode, run: () => Promise<unknown>): Promise<string> {
  const error = await assertRejects(run, SealingError);
  assertEquals(error.code, code, error.message);
  assertConceals(error, [token, key(1)]);
  assert(/^[A-Z].*: .*[^.]$/s.test(error.message), error.message);
  return error.message;
}

for (
  const [what, sealed] of [["a token", token], ["nothing", ""], ["any text", "línea 🚀\n\u0000"]]
) {
  Deno.test(`open() gives what seal() was given: ${what}`, async () => {
    const { seal, open } = await createSealing(key(1));
    assertEquals(await open(await seal(sealed, context), context), sealed);
  });
}

Deno.test("open() gives it to any sealing with the same key, as after a restart", async () => {
  const sealed = await (await createSealing(key(1))).seal(token, context);
  assertEquals(await (await createSealing(` ${key(1)}\n`)).open(sealed, context), token);
});

Deno.test("open() goes by name, generation and mark, and by nothing else of an entry", async () => {
  const { seal, open } = await createSealing(key(1));
  const entry = { ...context, state: "current", createdAt: 0 };
  assertEquals(await open(await seal(token, entry), context), token);
});

Deno.test("seal() gives text that shows nothing of the token, and another one each time", async () => {
  const { seal } = await createSealing(key(1));
  const [first, second] = [await seal(token, context), await seal(token, context)];
  assertConceals(first, [token]);
  assertNotEquals(first, second);
  assertEquals(first.split(".").slice(0, 3), second.split(".").slice(0, 3));
  assertNotEquals(
    first.split(".")[3],
    second.split(".")[3],
    "an initialization vector was used twice",
  );
});

for (
  const [what, wrong] of [
    ["empty", ""],
    ["no base64", "not base64!"],
    ["too short", key(1, 31)],
    ["too long", key(1, 33)],
    ["hexadecimal", "01".repeat(32)],
  ]
) {
  Deno.test(`createSealing() refuses a key that is ${what}`, async () => {
    const message = await assertFails("invalid_key", () => createSealing(wrong));
    assertStringIncludes(message, "'SEALING_KEY'");
    assertStringIncludes(message, "openssl rand -base64 32");
    if (wrong !== "") assert(!message.includes(wrong));
  });
}

for (
  const [code, other, said] of [
    ["wrong_credential", { credential: "web" }, "another credential"],
    ["wrong_generation", { generation: 8 }, "another generation"],
    ["wrong_entry", { mark: "000000000000" }, "another attempt at this generation"],
    [
      "wrong_credential",
      { credential: "web", generation: 8, mark: "000000000000" },
      "another credential",
    ],
  ] as const
) {
  Deno.test(`open() refuses with ${code} what was sealed for ${JSON.stringify(other)}`, async () => {
    const { seal, open } = await createSealing(key(1));
    const sealed = await seal(token, { ...context, ...other });
    assertStringIncludes(await assertFails(code, () => open(sealed, context)), said);
  });
}

Deno.test("open() refuses with wrong_key what was sealed with another key", async () => {
  const sealed = await (await createSealing(key(2))).seal(token, context);
  const { open } = await createSealing(key(1));
  assertStringIncludes(
    await assertFails("wrong_key", () => open(sealed, context)),
    "another 'SEALING_KEY'",
  );
});

Deno.test("open() refuses with altered a label that was exchanged for the right one", async () => {
  const { seal, open } = await createSealing(key(1));
  const parts = (await seal(token, { ...context, generation: 6 })).split(".");
  parts[2] = (await seal(token, context)).split(".")[2];
  await assertFails("altered", () => open(parts.join("."), context));
});

Deno.test("open() refuses a sealed token with any character changed", async () => {
  const { seal, open } = await createSealing(key(1));
  const sealed = await seal(token, context);
  for (let at = 0; at < sealed.length; at++) {
    // A character two bits away also changes the bytes at the end of a base64 word.
    const changed = [..."AQgw09-_."].filter((other) => other !== sealed[at]);
    for (const character of changed) {
      const altered = sealed.slice(0, at) + character + sealed.slice(at + 1);
      const outcome = await open(altered, context).catch((error) => error);
      if (outcome === token) {
        assert(
          isPadding(sealed, at, character),
          `character ${at} of ${sealed.length} made ${character}`,
        );
      } else {
        assert(outcome instanceof SealingError, String(outcome));
        assertConceals(outcome, [token]);
      }
    }
  }
});

/** Whether a change touches only the bits of a last base64 digit that stand for no byte. */
function isPadding(sealed: string, at: number, character: string): boolean {
  const before = sealed.slice(0, at).lastIndexOf(".") + 1;
  const next = sealed.indexOf(".", at);
  const part = sealed.slice(before, next === -1 ? undefined : next);
  const changed = part.slice(0, at - before) + character + part.slice(at - before + 1);
  const bytes = (text: string) => atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return bytes(part) === bytes(changed);
}

for (
  const [what, sealed] of [
    ["empty", ""],
    ["no sealed token", "HRKU-AA"],
    ["of a later version", "v2.a.b.c.d"],
    ["cut off", "v1.Yw3NKWbE.WyJjaS1kZXBsb3kiXQ"],
  ]
) {
  Deno.test(`open() refuses with altered what is ${what}`, async () => {
    const { open } = await createSealing(key(1));
    await assertFails("altered", () => open(sealed, context));
  });
}

Deno.test("open() refuses a sealed token that is cut or lengthened anywhere", async () => {
  const { seal, open } = await createSealing(key(1));
  const sealed = await seal(token, context);
  for (let length = 0; length < sealed.length; length++) {
    await assertRejects(() => open(sealed.slice(0, length), context), SealingError);
  }
  await assertRejects(() => open(`${sealed}AAAA`, context), SealingError);
  await assertRejects(() => open(`${sealed}.AAAA`, context), SealingError);
});

Deno.test("a sealing with a key before the present one opens what either has sealed, and seals with the present", async () => {
  const former = await createSealing(key(1));
  const both = await createSealing(key(2), key(1));
  const present = await createSealing(key(2));
  const old = await former.seal(token, context);
  assertEquals([await both.open(old, context), both.isPresent(old)], [token, false]);
  const next = await both.seal(token, context);
  assertEquals([await present.open(next, context), both.isPresent(next)], [token, true]);
  await assertFails("wrong_key", () => present.open(old, context));
  await assertFails("wrong_key", () => former.open(next, context));
  assertEquals([former.hasPrevious, both.hasPrevious], [false, true]);
});

Deno.test("a former key of another form is refused under its own name", async () => {
  const message = await assertFails("invalid_key", () => createSealing(key(2), "too short"));
  assertStringIncludes(message, "'SEALING_KEY_PREVIOUS'");
});
