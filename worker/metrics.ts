/**
 * The state in numbers: gauges in the text format of OpenMetrics. Times are seconds since the epoch, so
 * that a rule compares them with the time at which it is evaluated.
 *
 * @see https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
 * @module
 */
import type { AccountStatus, CredentialStatus, Status } from "./status.ts";

/** A sample: its labels, and its value; null for what is not known, which is left out. */
type Sample = readonly [labels: Readonly<Record<string, string>>, value: number | null];

interface Gauge {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** Renders the metrics of a status. */
export function renderMetrics(status: Status): string {
  const gauges = [...listAccountGauges(status), ...listCredentialGauges(status.credentials)];
  return `${gauges.map(render).join("")}# EOF\n`;
}

function listAccountGauges({ accounts, mistakes }: Status): Gauge[] {
  const of = (value: (account: AccountStatus) => number | null): Sample[] =>
    accounts.map((account) => [{ account: account.name }, value(account)]);
  return [
    {
      name: "herotate_configuration_mistakes",
      help: "Mistakes in the configuration; with one, nothing is done.",
      samples: [[{}, mistakes.length]],
    },
    {
      name: "herotate_account_healthy",
      help: "Whether nothing is wrong with the account: 1 or 0.",
      samples: of(({ status }) => status === "ok" ? 1 : 0),
    },
    {
      name: "herotate_account_problems",
      help: "What is wrong with the account, by the kinds that /healthz has.",
      samples: accounts.flatMap(({ name, reasons }) =>
        reasons.map(({ kind, count }): Sample => [{ account: name, kind }, count])
      ),
    },
    {
      name: "herotate_account_last_sweep_timestamp_seconds",
      help: "When the newest sweep of the account began.",
      samples: of(({ last_sweep }) => toSeconds(last_sweep?.at ?? null)),
    },
    {
      name: "herotate_account_last_clean_sweep_timestamp_seconds",
      help: "When the newest sweep without a problem began.",
      samples: of(({ last_clean_sweep_at }) => toSeconds(last_clean_sweep_at)),
    },
    {
      name: "herotate_account_unmanaged_authorizations",
      help: "Authorizations in Heroku that no credential claims.",
      samples: of(({ unmanaged_count }) => unmanaged_count),
    },
    {
      name: "herotate_account_rate_limit_remaining",
      help: "Requests that Heroku had left for the account when the newest sweep ended.",
      samples: of(({ rate_limit_remaining }) => rate_limit_remaining),
    },
  ];
}

function listCredentialGauges(credentials: readonly CredentialStatus[]): Gauge[] {
  const of = (value: (credential: CredentialStatus) => number | null): Sample[] =>
    credentials.map((each) => [{ account: each.account, credential: each.name }, value(each)]);
  const isProven = (
    { generation }: CredentialStatus,
    target: CredentialStatus["targets"][number],
  ) => target.proof !== null && target.generation === generation;
  return [
    {
      name: "herotate_credential_expiry_timestamp_seconds",
      help: "When the token that the targets hold expires; absent for one that never does.",
      samples: of(({ expires_at }) => toSeconds(expires_at)),
    },
    {
      name: "herotate_credential_last_rotation_timestamp_seconds",
      help: "When the last target was proven to hold that token.",
      samples: of((each) =>
        latest(
          each.targets.flatMap((target) =>
            isProven(each, target) ? toSeconds(target.proof?.proven_at ?? null) ?? [] : []
          ),
        )
      ),
    },
    {
      name: "herotate_credential_generation",
      help: "The generation that the targets hold; 0 for an authorization that was adopted.",
      samples: of(({ generation }) => generation),
    },
    {
      name: "herotate_credential_failures",
      help: "Attempts in a row that have failed.",
      samples: of(({ failures }) => failures),
    },
    {
      name: "herotate_credential_targets",
      help: "Targets of the credential.",
      samples: of(({ targets }) => targets.length),
    },
    {
      name: "herotate_credential_targets_proven",
      help: "Targets that are proven to hold its token.",
      samples: of((each) => each.targets.filter((target) => isProven(each, target)).length),
    },
  ];
}

function render({ name, help, samples }: Gauge): string {
  const unit = name.endsWith("_seconds") ? `# UNIT ${name} seconds\n` : "";
  const lines = samples.flatMap(([labels, value]) =>
    value === null ? [] : [`${name}${renderLabels(labels)} ${value}\n`]
  );
  return `# TYPE ${name} gauge\n${unit}# HELP ${name} ${help}\n${lines.join("")}`;
}

function renderLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escape(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escape(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function latest(seconds: readonly number[]): number | null {
  return seconds.length === 0 ? null : Math.max(...seconds);
}

function toSeconds(iso: string | null): number | null {
  return iso === null ? null : Date.parse(iso) / 1_000;
}
