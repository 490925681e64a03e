import { assertEquals } from "@std/assert";
import type { Authorization } from "../../lib/heroku/authorization.ts";
import { createOwnToken, findOwn } from "../../lib/rotation/own_token.ts";
import { fingerprint } from "../../lib/fingerprint.ts";
import { entryOf } from "./plan_input.ts";

const token = "HRKU-AAq7xkW2mZr9VtLpN4sBfYcHdG1jE5aU8oT3iX6wKz-wxyz";
const own = await createOwnToken(token);

function shown(visible: string | undefined, more: Partial<Authorization> = {}): Authorization {
  return {
    id: "a",
    scope: ["global"],
    access_token: visible === undefined ? {} : { token: visible },
    ...more,
  };
}

for (
  const [what, authorization, expected] of [
    ["the whole token", shown(token), "strong"],
    ["the whole token with any scope", shown(token, { scope: ["read"] }), "strong"],
    ["another whole token", shown(`${token}x`), "none"],
    ["its suffix", shown("HRKU-AA**********wxyz"), "strong"],
    ["another suffix", shown("HRKU-AA**********wxyq"), "none"],
    ["more of its beginning", shown("HRKU-AAq7xk**********"), "strong"],
    ["another beginning", shown("HRKU-AAq7xq**********"), "none"],
    ["what all tokens begin with", shown("HRKU-AA**********"), "weak"],
    ["nothing but stars", shown("**********"), "weak"],
    ["too little of its end", shown("HRKU-AA**********yz"), "weak"],
    ["no token", shown(undefined), "weak"],
    ["no access token", { id: "a", scope: ["global"] }, "weak"],
    ["an access token that is null", shown("x", { access_token: null }), "none"],
    ["no scope", shown("HRKU-AA**********", { scope: undefined }), "weak"],
    ["an empty scope", shown("HRKU-AA**********", { scope: [] }), "weak"],
    [
      "a scope that may not manage tokens",
      shown("HRKU-AA**********", { scope: ["write-protected"] }),
      "none",
    ],
  ] as const
) {
  Deno.test(`createOwnToken() calls an authorization that shows ${what} a ${expected} match`, () => {
    assertEquals(own.compare(authorization), expected);
  });
}

Deno.test("findOwn() gives the one that shows the token, whatever others could have it", () => {
  const listed = [
    shown("HRKU-AA**********", { id: "weak" }),
    shown("HRKU-AA**********wxyz", { id: "own" }),
    shown("HRKU-AA**********abcd", { id: "another" }),
  ];
  assertEquals([...findOwn(listed, new Map(), own)], ["own"]);
});

Deno.test("findOwn() gives all that could have the token where none shows it", () => {
  const listed = ["one", "other"].map((id) => shown("HRKU-AA**********", { id }));
  assertEquals([...findOwn(listed, new Map(), own)], ["one", "other"]);
});

Deno.test("findOwn() goes by the fingerprint of what was made here, and by nothing that is shown", async () => {
  const listed = ["ours", "made"].map((id) => shown("HRKU-AA**********wxyz", { id }));
  const made = new Map([
    ["ours", entryOf(1, "current", { fingerprint: await fingerprint(token) })],
    ["made", entryOf(2, "current", { fingerprint: await fingerprint("another") })],
  ]);
  assertEquals([...findOwn(listed, made, own)], ["ours"]);
});

Deno.test("createOwnToken() gives the token away to nothing that prints it", () => {
  assertEquals(
    JSON.stringify(own).includes("q7xkW2mZ") || Deno.inspect(own).includes(token),
    false,
  );
});
