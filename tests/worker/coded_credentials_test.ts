import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Status } from "../../worker/status.ts";
import { readExample, writeProject } from "./example_project.ts";
import { keys, startWorker, until } from "./harness.ts";

const headers = { authorization: `Bearer ${keys.page}` };
const credential = (name: string) => ({
  name,
  targets: [{ type: "heroku-config-var", app: name, name: "HEROKU_API_KEY" }],
});

Deno.test({
  name:
    "the documented credentials in code compile, and are kept in workerd beside those of variables",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const configPath = await writeProject(
      "coded",
      await readExample("worker/README.md", "### Credentials in code"),
    );
    await using worker = await startWorker({
      configPath,
      credentials: () => [credential("first")],
    });
    const response = await worker.fetch("/status", { headers });
    const status: Status = JSON.parse(await response.text());
    assertEquals(status.credentials.map(({ name }) => name), [
      "first",
      "acme-web-deploy",
      "acme-api-deploy",
    ]);
    await worker.reconfigure({ credentials: () => [credential("acme-web-deploy")] });
    assertStringIncludes(
      await (await worker.fetch("/status", { headers })).text(),
      "Must be another name than that of CREDENTIALS[0] (acme-web-deploy)",
    );
  },
});

/** An entry with a kind of target that logs each time that a table of its is checked. */
const counting = `
import type { TargetDefinition } from "@herotate/herotate/targets";
import { createWorker } from "@herotate/herotate/worker";

const counter: TargetDefinition<unknown> = {
  type: "counter",
  proof: "existence",
  schema: {
    "~standard": {
      version: 1,
      vendor: "test",
      validate(value) {
        console.log("A table is checked");
        return { value };
      },
    },
  },
  place: () => "counter",
  secrets: () => [],
  create: () => ({
    deliver: () => Promise.resolve({}),
    confirm: () => Promise.resolve({ kind: "existence", detail: "Counted" }),
  }),
};
const { handlers, RotationWorkflow, Account } = createWorker({ targets: [counter] });
export { Account, RotationWorkflow };
export default handlers;
`;

Deno.test({
  name: "workerd parses the configuration once for requests, crons and a rotation together",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const configPath = await writeProject("counting", counting);
    await using worker = await startWorker({
      configPath,
      credentials: () => [{ name: "ci", scope: ["read"], targets: [{ type: "counter" }] }],
    });
    for (const path of ["/", "/status", "/healthz", "/nothing", "/status"]) {
      await (await worker.fetch(path, { headers })).text();
    }
    // An empty list is believed when it comes for the third time; then a rotation runs.
    for (let sweep = 0; sweep < 3; sweep++) await worker.cron();
    await until("the rotation has run", async () => {
      const status: Status = JSON.parse(
        await (await worker.fetch("/status", { headers })).text(),
      );
      return status.credentials[0].generation === 1;
    });
    assertEquals(worker.logs().filter((line) => line.includes("A table is checked")).length, 1);
  },
});
