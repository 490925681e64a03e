import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createClient } from "../../../lib/heroku/client.ts";
import { PagingError } from "../../../lib/heroku/errors.ts";
import { AccountError } from "../../../lib/rotation/account.ts";
import { createFakeHeroku } from "../../../lib/testing/mod.ts";
import { describeSweepFailure } from "../../../worker/account/sweep_failure.ts";

/** What a sweep says when this is all that Heroku answers. */
async function hear(answer: () => Response | Promise<Response>): Promise<string> {
  const client = createClient({
    token: "HRKU-CANARY7",
    fetch: async () => await answer(),
    sleep: () => Promise.resolve(),
  });
  try {
    await client.list();
  } catch (error) {
    const said = describeSweepFailure(error, "HEROKU_API_TOKEN");
    assert(/^[A-Z].*[^.]$/s.test(said) && !/\.\.|CANARY7/.test(said), said);
    return said;
  }
  throw new Error("The list went through");
}

function refuse(status: number, body: unknown): () => Response {
  return () => Response.json(body, { status });
}

const MAKE_TOKEN =
  "Make one with `heroku authorizations:create -d herotate`, and set it with `wrangler secret put HEROKU_API_TOKEN`";

Deno.test("describeSweepFailure() names the secret and the remedy for each answer of Heroku", async () => {
  const html = { headers: { "content-type": "text/html" } };
  const table: readonly (readonly [() => Response | Promise<Response>, string, string])[] = [
    [
      refuse(401, { id: "unauthorized", message: "Invalid credentials provided." }),
      "Heroku refused the token in the Worker secret HEROKU_API_TOKEN (401 'Invalid credentials provided')",
      MAKE_TOKEN,
    ],
    [
      refuse(403, { id: "forbidden", message: "You do not have access." }),
      "Heroku does not let the token in the Worker secret HEROKU_API_TOKEN manage authorizations (403 'You do not have access'), which takes the scope 'global'",
      MAKE_TOKEN,
    ],
    [() => new Response("<html>", { status: 403, ...html }), "(403)", "a firewall before it"],
    [
      refuse(403, { id: "two_factor", message: "Two factor code is required." }),
      "a second factor (403 'Two factor code is required'), which a Worker cannot give",
      MAKE_TOKEN,
    ],
    [
      refuse(403, { id: "suspended", message: "Your account is suspended." }),
      "Heroku has suspended the account",
      "https://help.heroku.com",
    ],
    [refuse(402, { id: "delinquent", message: "Pay." }), "has unpaid bills", "billing"],
    [
      refuse(429, { id: "rate_limit", message: "Your account reached the API rate limit" }),
      "has used up its requests for now (429",
      "The next sweep tries again by itself",
    ],
    [
      () => Promise.reject(new TypeError("connection refused")),
      "Cannot list",
      "https://status.heroku.com",
    ],
    [() => new Response("<html>", html), "its body is HTML", "check HEROKU_URL if it is set"],
    [
      () => new Response("<html>", { status: 503, ...html }),
      "Cannot list the authorizations because Heroku answered 503",
      "The next sweep tries again",
    ],
    [refuse(500, { id: "x", message: "Internal error." }), "(500 'Internal error')", "next sweep"],
    [refuse(404, { id: "not_found", message: "Not found." }), "is not where it", "HEROKU_URL"],
    [() => Response.redirect("https://heroku.com", 302), "(302)", "Check HEROKU_URL"],
    [refuse(406, { id: "not_acceptable", message: "No." }), "refused the sweep's request", "newer"],
  ];
  for (const [answer, what, then] of table) {
    const said = await hear(answer);
    assertStringIncludes(said, what);
    assertStringIncludes(said, then);
  }
});

Deno.test("describeSweepFailure() knows the fake Heroku's answer to a wrong token and a narrow one", async () => {
  const heroku = createFakeHeroku({ faults: false });
  const narrow = heroku.issue({ description: "narrow", scope: ["read"] });
  const list = async (token: string) => {
    try {
      await createClient({ token, fetch: heroku.fetch }).list();
      return "";
    } catch (error) {
      return describeSweepFailure(error, "HEROKU_TOKEN_ACME");
    }
  };
  for (
    const [token, says] of [
      ["wrong", "Heroku refused the token"],
      [narrow.token, "which takes the scope 'global'"],
    ]
  ) {
    const said = await list(token);
    assertStringIncludes(said, says);
    // Each account has a secret of its own.
    assertStringIncludes(said, "the Worker secret HEROKU_TOKEN_ACME");
    assertStringIncludes(said, "`wrangler secret put HEROKU_TOKEN_ACME`");
    assert(!said.includes("HEROKU_API_TOKEN"), said);
  }
});

Deno.test("describeSweepFailure() says what to do about the account's object", () => {
  const table = [
    ["database or disk is full: SQLITE_FULL", "The storage of the account's object is full"],
    ["Network connection lost.", "The next sweep tries again by itself"],
    ["Durable Object reset because its code was updated.", "The next sweep tries again by itself"],
  ] as const;
  for (const [message, says] of table) {
    const said = describeSweepFailure(new Error(message), "HEROKU_API_TOKEN");
    assertStringIncludes(said, says);
    assertStringIncludes(said, message.replace(/\.$/, ""));
  }
});

Deno.test("describeSweepFailure() repeats what says for itself what to do", () => {
  const table: readonly (readonly [unknown, string])[] = [
    [new Error("Cannot sweep with it: mend it."), "Cannot sweep with it: mend it"],
    ["a string", "Something went wrong that gives no reason: see the Worker's log"],
    [new Error(""), "Something went wrong that gives no reason: see the Worker's log"],
    [
      new AccountError("Cannot sweep because the token is another account's: settle it."),
      "Cannot sweep because the token is another account's: settle it",
    ],
    [
      new PagingError("Cannot list the authorizations because page 3 repeats page 2"),
      "Cannot list the authorizations because page 3 repeats page 2. The next sweep tries again by itself; nothing is done until Heroku gives a whole list",
    ],
  ];
  for (const [thrown, expected] of table) {
    assertEquals(describeSweepFailure(thrown, "HEROKU_API_TOKEN"), expected);
  }
});
