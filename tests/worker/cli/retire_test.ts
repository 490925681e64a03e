import { assertEquals, assertStringIncludes } from "@std/assert";
import { createFakeHeroku, type FakeHeroku } from "../../../lib/testing/mod.ts";
import type { World } from "../../../worker/cli/world.ts";
import { herotate, type Outcome, withFolder } from "./command_line.ts";

const toml = `
[vars]
[[vars.CREDENTIALS]]
name = "ci"
[[vars.CREDENTIALS.targets]]
type = "heroku-config-var"
app = "acme-web"
name = "HEROKU_API_KEY"
`;

interface Situation {
  readonly heroku: FakeHeroku;
  readonly laptop: string;
  readonly old: string;
  readonly ci: string;
  run(ids: readonly string[], changes?: Partial<World>): Promise<Outcome>;
}

function createSituation(): Situation {
  const heroku = createFakeHeroku({ defaultKey: true, faults: false });
  const issue = (description: string) => heroku.issue({ description, scope: ["read"] }).id;
  return {
    heroku,
    laptop: issue("laptop"),
    old: issue("old dashboard"),
    ci: issue("ci [g2 abcdefghijk1]"),
    async run(ids, changes) {
      let outcome: Outcome | undefined;
      await withFolder({ "wrangler.toml": toml }, async (cwd) => {
        outcome = await herotate(["retire", ...ids], {
          cwd,
          env: { HEROKU_API_TOKEN: heroku.token },
          fetch: heroku.fetch,
          now: heroku.now,
          ...changes,
        });
      });
      if (!outcome) throw new Error("Nothing was run");
      return outcome;
    },
  };
}

Deno.test("herotate retire deletes what is named once it is confirmed, and nothing else", async () => {
  const { heroku, laptop, old, ci, run } = createSituation();
  let asked = "";
  const { code, stdout, stderr } = await run([laptop, old.toUpperCase(), laptop], {
    ask: (question) => {
      asked = question;
      return Promise.resolve("delete 2");
    },
  });
  assertStringIncludes(asked, "Type 'delete 2' to go on");
  assertStringIncludes(stderr, "'old dashboard', read, made ");
  assertEquals({ code, stdout }, { code: 0, stdout: `${laptop}: deleted\n${old}: deleted\n` });
  assertEquals(heroku.deletions.map(({ id }) => id), [laptop, old]);
  assertEquals(heroku.live().some(({ id }) => id === ci), true);
});

Deno.test("herotate retire deletes nothing without the typed words, or without a person", async () => {
  const { heroku, laptop, run } = createSituation();
  for (const typed of ["", "y", "yes", "delete", "delete 2"]) {
    const { code } = await run([laptop], { ask: () => Promise.resolve(typed) });
    assertEquals({ typed, code }, { typed, code: 1 });
  }
  const { code, stderr } = await run([laptop]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "run this in a terminal");
  assertEquals(heroku.deletions, []);
});

Deno.test("herotate retire leaves all alone when one of them must stay", async () => {
  const { heroku, laptop, ci, run } = createSituation();
  const own = heroku.live().find(({ token }) => token === heroku.token)?.id ?? "";
  for (
    const [id, why] of [
      ["~", "no id of an authorization"],
      [own, "default API key"],
      [ci, "the credential 'ci' claims it"],
      [crypto.randomUUID(), "Heroku has no such authorization"],
    ]
  ) {
    const { code, stdout, stderr } = await run([laptop, id], {
      ask: () => Promise.resolve("delete 2"),
    });
    assertEquals({ id, code, stdout }, { id, code: 2, stdout: "" });
    assertStringIncludes(stderr.replaceAll("\n", " "), why);
  }
  assertEquals(heroku.deletions, []);
});

Deno.test("herotate retire never deletes the authorization whose token it works with", async () => {
  const heroku = createFakeHeroku({ faults: false });
  const own = heroku.issue({ description: "mine", scope: ["global"] });
  const { code, stderr } = await herotate(["retire", own.id], {
    env: { HEROKU_API_TOKEN: own.token },
    fetch: heroku.fetch,
    now: heroku.now,
    ask: () => Promise.resolve("delete 1"),
  });
  assertEquals(code, 2);
  assertStringIncludes(stderr.replaceAll("\n", " "), "the one whose token this works with");
  assertEquals(heroku.deletions, []);
});
