/**
 * The demonstration: the real Worker in real workerd keeps the tokens of a misbehaving Heroku alive.
 *
 * `deno task demo` runs it and checks the outcome; `--serve` leaves it running; `--seed 7` has Heroku
 * misbehave otherwise; `--picture` takes the picture of the page that README.md shows.
 *
 * @module
 */
import { DAY, HOUR } from "@std/datetime/constants";
import type { FakeHeroku } from "../../lib/testing/mod.ts";
import { startGitHub } from "../targets/services/github.ts";
import { keys, startWorker } from "../worker/harness.ts";
import { ALERTS_KEY, startAlertReader } from "./alerts.ts";
import { check, type Standing } from "./check.ts";
import { takePicture } from "./picture.ts";
import { createProgress } from "./progress.ts";
import { writeTable } from "./table.ts";

const timeout = 110_000;
const seed = Number(/--seed[= ](\d+)/.exec(Deno.args.join(" "))?.[1] ?? 1);

const reader = startAlertReader();
const github = await startGitHub();
github.owners.add("acme/web");

const webhook = (url: string, path: string) => ({
  type: "webhook",
  url: `${url}/${path}`,
  signing_secret: "HOOK_KEY",
});
const configVar = (app: string) => ({ type: "heroku-config-var", app, name: "HEROKU_API_KEY" });

const worker = await startWorker({
  heroku: { seed, faults: true, live: true },
  secrets: { GITHUB_TOKEN: github.token, ALERTS_KEY },
  vars: { ALERTS: [{ type: "webhook", url: reader.url, signing_secret: "ALERTS_KEY" }] },
  credentials: (url) => [
    {
      name: "ci-deploy",
      grace: "3s",
      targets: [
        {
          type: "github-actions-secret",
          repository: "acme/web",
          name: "HEROKU_API_KEY",
          token_secret: "GITHUB_TOKEN",
          base_url: github.url,
        },
        { type: "store", reader_key_secret: "CI_READER_KEY" },
      ],
    },
    { name: "dashboard", grace: "3s", max_age: "90d", targets: [configVar("acme-dashboard")] },
    { name: "release-bot", grace: "3s", targets: [webhook(url, "release-bot")] },
    {
      name: "review-apps",
      scope: ["write"],
      expires_in: "30d",
      targets: [webhook(url, "review-apps"), configVar("acme-review")],
    },
    { name: "backup", targets: [configVar("acme-backup")] },
    { name: "metrics", targets: [webhook(url, "metrics")] },
  ],
});
const { heroku, hooks } = worker;
const day = DAY / 1000;

function issue(description: string, age: number, expires_in: number | null) {
  const created_at = heroku.now() - age * DAY;
  return heroku.issue({ description, scope: ["write"], created_at, expires_in });
}

const due = issue("ci-deploy", 28, 30 * day);
const eternal = issue("dashboard", 200, null);
const stuck = issue("release-bot", 27, 30 * day);
const fresh = issue("backup", 5, 30 * day);
const forever = issue("metrics", 400, null);
const unmanaged = [issue("Heroku CLI on a laptop", 3, 30 * day), issue("terraform", 90, null)];
heroku.createApp("acme-dashboard", { HEROKU_API_KEY: eternal.token });
heroku.createApp("acme-review");
heroku.createApp("acme-backup", { HEROKU_API_KEY: fresh.token });
github.secrets.set("/repos/acme/web/actions/secrets/HEROKU_API_KEY", {
  value: due.token,
  createdAt: due.created_at,
  updatedAt: due.created_at,
});
hooks.set("release-bot", stuck.token).set("metrics", forever.token);
const leftover = await crashRun(heroku, "release-bot");

const standings: readonly Standing[] = [
  {
    credential: "ci-deploy",
    place: "GitHub Actions secret of acme/web",
    token: () => github.secrets.get("/repos/acme/web/actions/secrets/HEROKU_API_KEY")?.value,
  },
  {
    credential: "ci-deploy",
    place: "the Worker's own store",
    token: async () => {
      const authorization = `Bearer ${keys.reader}`;
      const response = await worker.fetch("/credentials/ci-deploy/token", {
        headers: { authorization },
      });
      const text = await response.text();
      return response.ok ? text : undefined;
    },
  },
  { credential: "dashboard", place: "config var of acme-dashboard", token: held("acme-dashboard") },
  {
    credential: "release-bot",
    place: "webhook release-bot",
    token: () => hooks.get("release-bot"),
  },
  {
    credential: "review-apps",
    place: "webhook review-apps",
    token: () => hooks.get("review-apps"),
  },
  { credential: "review-apps", place: "config var of acme-review", token: held("acme-review") },
  { credential: "backup", place: "config var of acme-backup", token: held("acme-backup") },
  { credential: "metrics", place: "webhook metrics", token: () => hooks.get("metrics") },
];

function held(app: string): () => string | undefined {
  return () => heroku.configVars(app).HEROKU_API_KEY;
}

/** Lets a quarter of an hour of every wait pass: it is the real clock that runs here. */
async function passQuarter(): Promise<void> {
  const quarter = HOUR / 4;
  await worker.query(`UPDATE credentials SET ended_at = ended_at - ${quarter} WHERE failures > 0`);
  await worker.query(
    `UPDATE entries SET noted_at = noted_at - ${quarter}, doubted_since = doubted_since - ${quarter}`,
  );
}

/** Sets a config var by hand, as often as it takes: this Heroku misbehaves to people, too. */
async function overwrite(app: string, value: string): Promise<void> {
  while (heroku.configVars(app).HEROKU_API_KEY !== value) {
    await heroku.fetch(`https://api.heroku.com/apps/${app}/config-vars`, {
      method: "PATCH",
      headers: {
        accept: "application/vnd.heroku+json; version=3",
        authorization: `Bearer ${heroku.token}`,
      },
      body: JSON.stringify({ HEROKU_API_KEY: value }),
    }).catch(() => undefined);
  }
}

/** Lets a day pass since each target was looked at. */
async function passDay(): Promise<void> {
  await worker.query(
    `UPDATE deliveries SET proven_at = proven_at - ${DAY}, looked_at = looked_at - ${DAY}`,
  );
}

/** Fires the cron, each time as if a quarter of an hour had passed, until it is done. */
async function fireUntil(isDone: () => boolean | Promise<boolean>): Promise<void> {
  for (;;) {
    await worker.cron();
    for (let pause = 0; pause < 20 && !(await progress.isDone()); pause++) {
      await progress.print();
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    await progress.print();
    await passQuarter();
    if (await isDone() || Date.now() >= end) return;
  }
}

/** Leaves what a run leaves that died between Heroku's answer and its own note of it. */
async function crashRun({ issue, now }: FakeHeroku, credential: string) {
  const mark = "0123456789ab";
  // The first question to the account makes its tables.
  await worker.look();
  await worker.query(
    "INSERT INTO credentials (name, attempt, claim, lease_until) VALUES (?, 1, '1f2e3d4c', ?)",
    credential,
    now() - HOUR,
  );
  const columns = "credential, generation, mark, state, authorization, description, scope," +
    " lifetime, asked, made, sender, noted_at, created_at, expires_at";
  const insert =
    `INSERT INTO entries (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
  const life = [JSON.stringify(["write"]), 30 * DAY, 30 * DAY] as const;
  const made = [now() - HOUR, now() - 27 * DAY, now() + 3 * DAY] as const;
  const found = [credential, 0, stuck.id, "adopted", stuck.id, credential] as const;
  const intended = [credential, 1, mark, "intended", null, null] as const;
  await worker.query(insert, ...found, ...life, 0, null, ...made);
  await worker.query(insert, ...intended, ...life, 1, "a-try", now() - HOUR, now() - HOUR, null);
  return issue({
    description: `${credential} [g1 ${mark}]`,
    scope: ["write"],
    expires_in: 30 * day,
  });
}

console.log(
  `Herotate in workerd against a Heroku that misbehaves in about one call of seven (seed ${seed})\n`,
);
console.log("Before");
await writeTable(heroku, standings);
console.log("\nThe cron fires, each time as if a quarter of an hour had passed");

const progress = createProgress(worker.look);
const end = Date.now() + timeout;
worker.down.add("release-bot");
await fireUntil(async () => {
  const isTried = (await worker.look()).ledger.get("release-bot")?.deliveries.length ?? 0;
  return reader.open.has("credential release-bot") && isTried > 0;
});
console.log("\nThe webhook that was down is up again");
worker.down.clear();
await fireUntil(async () => reader.open.size === 0 && await progress.isDone());
console.log("\nSomebody overwrites the config var of acme-dashboard, and a day passes");
const dashboard = heroku.configVars("acme-dashboard").HEROKU_API_KEY;
await overwrite("acme-dashboard", "put there by hand");
await fireUntil(async () => {
  await passDay();
  return reader.open.size === 0 &&
    heroku.configVars("acme-dashboard").HEROKU_API_KEY === dashboard && await progress.isDone();
});

console.log("\nAfter");
await writeTable(heroku, standings);
const failures = await check(heroku, standings, {
  gone: [due, eternal, stuck, leftover],
  untouched: [fresh, forever, ...unmanaged],
}, reader);
console.log(
  `\nHeroku answered ${heroku.calls} requests, ${
    heroku.requests.filter(({ fault }) => fault).length
  } of them badly`,
);

if (Deno.args.includes("--picture")) await takePicture(worker.url, keys.page);
if (Deno.args.includes("--serve")) {
  console.log(`\nThe page: ${worker.url} (any user name, password ${keys.page}); Ctrl+C ends it`);
} else {
  await worker[Symbol.asyncDispose]();
  await github.close();
  await reader.close();
  Deno.exit(failures === 0 ? 0 : 1);
}
