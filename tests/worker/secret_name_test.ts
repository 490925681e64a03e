import { assert, assertEquals } from "@std/assert";
import { targets } from "../../lib/targets/registry.ts";
import { parseConfiguration } from "../../worker/config.ts";
import { isSecretName } from "../../worker/secret_name.ts";
import { createEnv } from "./sample.ts";

for (const name of ["GITHUB_TOKEN", "A", "CI2", "AWS_SECRET_ACCESS_KEY", "TOKEN_FOR_2026"]) {
  Deno.test(`isSecretName() takes ${name} for the name of a secret`, () => {
    assert(isSecretName(name));
  });
}

const pasted = [
  "AKIA0CANARY7ABCDEFGH",
  "MFRGG2DFMZTWQ2LKNNWG23TPOA7Q",
  "ghp_0CANARY7abcdefghijklmnopqrstuvwxyz12",
  "HRKU-AA0CANARY7abcdefghijklmnop",
  "hvs.0CANARY7abcdefghijklmn",
];

for (const secret of pasted) {
  Deno.test(`isSecretName() takes ${secret.slice(0, 6)}… for no name`, () => {
    assertEquals(isSecretName(secret), false);
  });

  for (const member of ["token", "type", "repository", "name"]) {
    Deno.test(`parseConfiguration() repeats nothing of ${secret.slice(0, 6)}… that was pasted as '${member}'`, () => {
      const target = { type: "github-actions-secret", repository: "acme/web", name: "K" };
      const result = parseConfiguration(
        createEnv({
          CREDENTIALS: [{ name: "ci", targets: [{ ...target, [member]: secret }] }],
        }),
        targets,
        { fetch, now: Date.now },
      );
      assert(!JSON.stringify(result.ok ? [] : result.mistakes).includes(secret));
    });
  }
}
