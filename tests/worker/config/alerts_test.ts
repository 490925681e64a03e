import { assertEquals } from "@std/assert";
import { targets } from "../../../lib/targets/registry.ts";
import { parseConfiguration } from "../../../worker/config/configuration.ts";
import { createEnv, createTable, type Env } from "../sample.ts";

const right: Env = { type: "slack", url_secret: "SLACK_URL" };
const secrets = {
  SLACK_URL: "https://hooks.slack.com/services/T0/B0/x",
  ROUTING_KEY: "0123456789abcdef0123456789abcdef",
  ALERTS_KEY: "alerts-key-0123456789",
};

function parse(alerts: unknown, env: Env = {}) {
  const configured = parseConfiguration(
    createEnv({ CREDENTIALS: [createTable("ci")], ALERTS: alerts, ...secrets, ...env }),
    targets,
    { fetch, now: Date.now },
  );
  return {
    channels: configured.channels.map(({ name }) => name),
    mistakes: (configured.ok ? [] : configured.mistakes).map(({ path, message }) =>
      `${path}: ${message}`
    ),
  };
}

Deno.test("ALERTS takes each type of channel, under its own name or a given one", () => {
  const EMAIL = { send() {} };
  const all = [
    right,
    { ...right, name: "on-call", kinds: ["credential_urgent"], credentials: ["ci"] },
    { type: "webhook", url: "https://example.com/alerts", signing_secret: "ALERTS_KEY" },
    { type: "pagerduty", routing_key_secret: "ROUTING_KEY", accounts: ["heroku"] },
    { type: "email", binding: "EMAIL", from: "h@example.com", to: "o@example.com" },
  ];
  const names = ["slack", "on-call", "webhook", "pagerduty", "email"];
  assertEquals(parse(all, { EMAIL }), { channels: names, mistakes: [] });
  // A variable that was made in the dashboard is a text.
  assertEquals(parse(JSON.stringify(all), { EMAIL }), { channels: names, mistakes: [] });
  assertEquals(parse([]), { channels: [], mistakes: [] });
});

const WRONG: readonly (readonly [unknown, string])[] = [
  [right, "ALERTS: Must be an array of tables: write [[vars.ALERTS]]"],
  [["slack"], "ALERTS[0]: Must be a table"],
  [[{}], "ALERTS[0].type: Is missing: the types are slack, webhook, pagerduty, email"],
  [[{ type: "slak" }], "ALERTS[0].type: 'slak' is not known (did you mean 'slack'?)"],
  [[{ type: "slack" }], "ALERTS[0].url_secret: Is missing: must be the name of the Worker secret"],
  [
    [{ type: "slack", url: "https://hooks.slack.com/services/T0/B0/xyz" }],
    "ALERTS[0].url: Is called 'url_secret', which takes the name of a Worker secret and never its value: rename it, and if what is written here is the secret itself, revoke it",
  ],
  [
    [{ type: "slack", url_secret: "https://hooks.slack.com/services/T0/B0/xyz" }],
    "ALERTS[0].url_secret: Must be the name of the Worker secret that holds the webhook's address, such as 'DEPLOY_TOKEN': if what is written here is the secret itself, revoke it",
  ],
  [[{ ...right, chanel: "x" }], "ALERTS[0].chanel: Is not known"],
  [[right, right], "ALERTS[1].name: Must be another name than that of ALERTS[0]"],
  [[{ ...right, name: "On call" }], "ALERTS[0].name: Must be a name of 1 to 32"],
  [
    [{ ...right, kinds: ["urgent"] }],
    "ALERTS[0].kinds[0]: 'urgent' is none of them: they are configuration_invalid,",
  ],
  [[{ ...right, kinds: [] }], "ALERTS[0].kinds: Must be a list of names"],
  [[{ ...right, kinds: "all" }], "ALERTS[0].kinds: Must be a list of names"],
  [[{ ...right, credentials: ["cd"] }], "ALERTS[0].credentials[0]: 'cd' is none of them"],
  [[{ ...right, accounts: ["x"] }], "ALERTS[0].accounts[0]: 'x' is none of them: they are heroku"],
  [[{ ...right, url_secret: "NOT_SET" }], "NOT_SET: Is not set"],
  [
    [{ type: "webhook", url: "http://example.com/", signing_secret: "ALERTS_KEY" }],
    "ALERTS[0].url: Must be an https URL",
  ],
  [
    [{ type: "pagerduty", routing_key_secret: "ALERTS_KEY" }],
    "ALERTS_KEY: Must be an integration key of PagerDuty: 32 letters and digits: copy it from",
  ],
  [
    [{ type: "email", binding: "EMAIL", from: "h@example.com", to: "o@example.com" }],
    'ALERTS[0].binding: Must name a binding that sends e-mail: write [[send_email]] with name = "EMAIL"',
  ],
  [
    [{ type: "email", binding: "EMAIL", from: "Herotate <h@example.com>", to: "o@example.com" }],
    "ALERTS[0].from: Must be an e-mail address of a domain",
  ],
  [
    Array.from({ length: 11 }, (_, at) => ({ ...right, name: `c-${at}` })),
    "ALERTS: Has 11 channels",
  ],
];

for (const [alerts, says] of WRONG) {
  Deno.test(`ALERTS = ${JSON.stringify(alerts).slice(0, 60)} is refused: ${says.slice(0, 50)}`, () => {
    const { mistakes } = parse(alerts);
    assertEquals(mistakes.map((each) => each.slice(0, says.length)), [says]);
    assertEquals(mistakes.some((each) => each.includes("/T0/B0/")), false);
  });
}

Deno.test("what is right of ALERTS is used, whatever is wrong with it or elsewhere", () => {
  assertEquals(parse([right, { type: "slak" }]).channels, ["slack"]);
  assertEquals(parse([right], { FUSE: 7, CREDENTIALS: [] }).channels, ["slack"]);
  assertEquals(parse([right], { SLACK_URL: "hooks.slack.com" }).channels, []);
});

Deno.test("PAGE_URL is the https address of the page", () => {
  assertEquals(parse([], { PAGE_URL: "https://herotate.example.workers.dev" }).mistakes, []);
  for (const given of ["herotate.example.com", "http://example.com/", 7, "https://a:b@c.de/"]) {
    const [mistake] = parse([], { PAGE_URL: given }).mistakes;
    assertEquals(
      mistake.startsWith("PAGE_URL: Must be the https address of the Worker's page"),
      true,
    );
  }
});
