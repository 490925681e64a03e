import { canary, createEnv, createTable, type Env } from "../sample.ts";
import { checkMistakes, gitHub } from "./one_mistake.ts";

Deno.test("two names of one place are refused, each in the other's form", () => {
  const project = (project: string) => ({
    type: "circleci-project-variable",
    project,
    name: "KEY",
  });
  const repository = (repository: string) => ({ ...gitHub, repository });
  const pairs: readonly (readonly [Env, Env])[] = [
    [project("gh/acme/web"), project("github/acme/web")],
    [project("bitbucket/acme/web"), project("bb/acme/web")],
    [project("gh/acme/web"), project("gh/Acme/Web")],
    [repository("acme/web"), repository("Acme/WEB")],
  ];
  const keys = { GITHUB_TOKEN: `ghp_${canary}`, CIRCLECI_TOKEN: `circle-${canary}` };
  for (const [one, other] of [...pairs, ...pairs.map(([one, other]) => [other, one] as const)]) {
    const CREDENTIALS = [
      createTable("a", { targets: [one] }),
      createTable("b", { targets: [other] }),
    ];
    checkMistakes([[
      { ...createEnv({ CREDENTIALS }), ...keys },
      "CREDENTIALS[1] (b).targets[0]",
      "Must write another place than CREDENTIALS[0] (a).targets[0]: both write",
    ]]);
  }
});
