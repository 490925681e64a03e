import { assertEquals } from "@std/assert";
import { createConceal } from "../lib/conceal.ts";

const SECRET = 'HRKU-AA/b+c=d é "Q7xkW2mZr9V';

Deno.test("createConceal() leaves text without secrets as it is", () => {
  assertEquals(createConceal([SECRET, ""])("Nothing to hide 😀"), "Nothing to hide 😀");
  assertEquals(createConceal([SECRET])(""), "");
});

Deno.test("createConceal() replaces a secret, each time and with what is around it kept", () => {
  assertEquals(
    createConceal([SECRET])(`a ${SECRET} b ${SECRET}.`),
    "a [redacted] b [redacted].",
  );
});

Deno.test("createConceal() replaces what a service cut off", () => {
  assertEquals(
    createConceal([SECRET])(`Bad value ${SECRET.slice(0, 9)}…`),
    "Bad value [redacted]…",
  );
  assertEquals(createConceal([SECRET])(`…${SECRET.slice(-8)}`), "…[redacted]");
  assertEquals(createConceal([SECRET])(SECRET.slice(0, 7)), SECRET.slice(0, 7));
});

Deno.test("createConceal() replaces encoded forms", () => {
  const bytes = new TextEncoder().encode(SECRET);
  const json = JSON.stringify(SECRET).slice(1, -1);
  for (
    const form of [
      encodeURIComponent(SECRET),
      encodeURIComponent(SECRET).replaceAll("%20", "+"),
      json,
      json.replaceAll("/", "\\/"),
      JSON.stringify(json).slice(1, -1),
      bytes.toHex(),
      bytes.toHex().toUpperCase(),
    ]
  ) {
    assertEquals(createConceal([SECRET])(`<${form}>`), "<[redacted]>", form);
  }
});

Deno.test("createConceal() replaces base64 at any alignment, but for the ends that say nothing", () => {
  for (const before of ["", "a", "ab", "abc"]) {
    for (const after of ["", "y", "yz"]) {
      for (const alphabet of ["base64", "base64url"] as const) {
        const text = new TextEncoder().encode(before + SECRET + after).toBase64({ alphabet });
        const left = createConceal([SECRET])(text).replace("[redacted]", "");
        // A character of base64 carries six bits, so an end may share one with a neighbour.
        const neighbours = Math.ceil(before.length * 4 / 3) + Math.ceil(after.length * 4 / 3);
        assertEquals(left.replace(/=+$/, "").length <= neighbours + 3, true, `${text}: ${left}`);
      }
    }
  }
});

Deno.test("createConceal() replaces a short secret as a whole", () => {
  assertEquals(createConceal(["abc"])("pass: abc, abcd, ab"), "pass: [redacted], [redacted]d, ab");
});

Deno.test("createConceal() takes a secret that is no well-formed Unicode", () => {
  assertEquals(createConceal(["\ud800abcdefgh"])("x \ud800abcdefgh y"), "x [redacted] y");
});
