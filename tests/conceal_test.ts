import { assertEquals } from "@std/assert";
import { conceal } from "../lib/conceal.ts";

const SECRET = 'HRKU-AA/b+c=d é "Q7xkW2mZr9V';

Deno.test("conceal() leaves text without secrets as it is", () => {
  assertEquals(conceal("Nothing to hide 😀", [SECRET, ""]), "Nothing to hide 😀");
  assertEquals(conceal("", [SECRET]), "");
});

Deno.test("conceal() replaces a secret, each time and with what is around it kept", () => {
  assertEquals(
    conceal(`a ${SECRET} b ${SECRET}.`, [SECRET]),
    "a [redacted] b [redacted].",
  );
});

Deno.test("conceal() replaces what a service cut off", () => {
  assertEquals(conceal(`Bad value ${SECRET.slice(0, 9)}…`, [SECRET]), "Bad value [redacted]…");
  assertEquals(conceal(`…${SECRET.slice(-8)}`, [SECRET]), "…[redacted]");
  assertEquals(conceal(SECRET.slice(0, 7), [SECRET]), SECRET.slice(0, 7));
});

Deno.test("conceal() replaces encoded forms", () => {
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
    assertEquals(conceal(`<${form}>`, [SECRET]), "<[redacted]>", form);
  }
});

Deno.test("conceal() replaces base64 at any alignment, but for the ends that say nothing", () => {
  for (const before of ["", "a", "ab", "abc"]) {
    for (const after of ["", "y", "yz"]) {
      for (const alphabet of ["base64", "base64url"] as const) {
        const text = new TextEncoder().encode(before + SECRET + after).toBase64({ alphabet });
        const left = conceal(text, [SECRET]).replace("[redacted]", "");
        // A character of base64 carries six bits, so an end may share one with a neighbour.
        const neighbours = Math.ceil(before.length * 4 / 3) + Math.ceil(after.length * 4 / 3);
        assertEquals(left.replace(/=+$/, "").length <= neighbours + 3, true, `${text}: ${left}`);
      }
    }
  }
});

Deno.test("conceal() replaces a short secret as a whole", () => {
  assertEquals(conceal("pass: abc, abcd, ab", ["abc"]), "pass: [redacted], [redacted]d, ab");
});

Deno.test("conceal() takes a secret that is no well-formed Unicode", () => {
  assertEquals(conceal("x \ud800abcdefgh y", ["\ud800abcdefgh"]), "x [redacted] y");
});
