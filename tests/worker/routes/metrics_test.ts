import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Status } from "../../../worker/status.ts";
import { bearer, broken, run, runThree } from "../running_app.ts";
import { canary, createAccountsEnv, createBusyEnv, type Env, keys, now } from "../sample.ts";

const metricsKey = `metrics-key-${canary}-0123456789`;

async function ask(env: Env, key = metricsKey): Promise<Response> {
  const { app } = await run(env);
  return await app.request("/metrics", { headers: bearer(key) });
}

Deno.test("GET /metrics gives the state in numbers to who has its key, and to no other", async () => {
  const env = { ...createBusyEnv(), METRICS_KEY: metricsKey };
  assertEquals((await ask(env, keys.page)).status, 401);
  assertEquals((await ask(createBusyEnv())).status, 401);
  const { app } = await run(env);
  assertEquals((await app.request("/status", { headers: bearer(metricsKey) })).status, 401);
  const answer = await ask(env);
  assertEquals(answer.status, 200);
  assertStringIncludes(answer.headers.get("Content-Type") ?? "", "application/openmetrics-text");
  const text = await answer.text();
  assert(text.endsWith("\n# EOF\n"), text);
  assert(!text.includes(canary));
  const value = (sample: string) => {
    const line = text.split("\n").find((each) => each.startsWith(`${sample} `));
    return line === undefined ? undefined : Number(line.slice(sample.length + 1));
  };
  const ends = value(
    'herotate_credential_expiry_timestamp_seconds{account="heroku",credential="ci-deploy"}',
  );
  assert(ends !== undefined && ends > now / 1_000, String(ends));
  assertEquals(value('herotate_credential_targets{account="heroku",credential="ci-deploy"}'), 3);
  assertEquals(value("herotate_configuration_mistakes"), 0);
  const swept = value('herotate_account_last_sweep_timestamp_seconds{account="heroku"}');
  assert(swept !== undefined && swept <= now / 1_000, String(swept));
});

Deno.test("GET /metrics shows an account that cannot be read as unhealthy, beside the others", async () => {
  const { app } = await run(
    createAccountsEnv(["acme", "globex"], { METRICS_KEY: metricsKey }),
    { account: broken },
  );
  const answer = await app.request("/metrics", { headers: bearer(metricsKey) });
  const text = await answer.text();
  assertStringIncludes(text, 'herotate_account_healthy{account="globex"} 0\n');
  assertStringIncludes(
    text,
    'herotate_account_problems{account="globex",kind="ledger_unreadable"} 1',
  );
});

Deno.test("GET /metrics works with a broken configuration, and says how many mistakes it has", async () => {
  const answer = await ask({ ...createBusyEnv(), METRICS_KEY: metricsKey, FUSE: 7 });
  assertStringIncludes(await answer.text(), "herotate_configuration_mistakes 1\n");
});

Deno.test("METRICS_KEY must be a key, and another one than the page's", async () => {
  for (const METRICS_KEY of ["short", keys.page]) {
    const { app } = await run({ ...createBusyEnv(), METRICS_KEY });
    const answer = await app.request("/status", { headers: bearer(keys.page) });
    const { mistakes }: Pick<Status, "mistakes"> = JSON.parse(await answer.text());
    assertEquals(mistakes.map(({ path }) => path), ["METRICS_KEY"]);
  }
});

Deno.test("GET /metrics is closed where there is no key for it", async () => {
  const { app } = await runThree();
  assertEquals((await app.request("/metrics")).status, 401);
  assertEquals((await app.request("/metrics", { headers: bearer("") })).status, 401);
});

const hasPromtool = await new Deno.Command("promtool", { args: ["--version"], stdout: "null" })
  .output().then(({ success }) => success, () => false);

Deno.test({
  name: "promtool finds nothing wrong with the metrics",
  ignore: !hasPromtool,
  async fn() {
    const text = await (await ask({ ...createBusyEnv(), METRICS_KEY: metricsKey })).text();
    const promtool = new Deno.Command("promtool", {
      args: ["check", "metrics"],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = promtool.stdin.getWriter();
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
    const { code, stdout, stderr } = await promtool.output();
    const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
    assertEquals([code, said], [0, ""]);
  },
});
