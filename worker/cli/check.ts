/**
 * `check`: is the configuration right? It asks no one: all that it reads are files.
 *
 * @module
 */
import type { Command } from "commander";
import { targets } from "../../lib/targets/registry.ts";
import { createRedact } from "../../lib/redact.ts";
import type { Mistake } from "../config/mistakes.ts";
import { parseShape } from "../config/shape.ts";
import { checkDeployment, checkEmail } from "./deployment.ts";
import { checkLimits } from "./limits.ts";
import {
  checkLocalSecrets,
  findNotRequired,
  readDevVars,
  type SecretState,
} from "./local_secrets.ts";
import { count, createPaint, type Paint, type Tone, toPrintable, wrap } from "./text.ts";
import type { ExitCode, Verb, World } from "./world.ts";
import { readWranglerFile } from "./wrangler_file.ts";

/** What the check found, as `--json` prints it. */
export interface CheckReport {
  /** The file. */
  readonly file: string;
  /** The environment; null for the top level. */
  readonly environment: string | null;
  /** Whether there is no mistake. */
  readonly ok: boolean;
  /** All that is wrong. */
  readonly mistakes: readonly Mistake[];
  /** What may not be meant as it is written. */
  readonly warnings: readonly Mistake[];
  /** The names of the credentials, as far as they are right. */
  readonly credentials: readonly string[];
  /** The secrets that are needed. */
  readonly secrets: readonly SecretState[];
}

/** What the verb is told. */
export interface CheckOptions {
  /** An environment of the file. */
  readonly env?: string | undefined;
  /** Whether the credentials are in the Worker's code. */
  readonly code?: boolean | undefined;
  /** Whether to print JSON. */
  readonly json?: boolean | undefined;
}

/** The verb. */
export const check: Verb = (program: Command, world, end) => {
  program.command("check")
    .summary("check the configuration, without the network")
    .description(
      "Checks wrangler.toml: the configuration, Cloudflare's limits, bindings, cron, and the secrets that it needs. Those in .dev.vars or the environment are checked as well.",
    )
    .argument("[file]", "the file", "wrangler.toml")
    .option("--env <name>", "check [env.NAME] of the file")
    .option("--code", "the credentials are in the Worker's code, which is not checked")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExit codes: 0 it is right, 1 it has mistakes, 2 it cannot be read.")
    .action(async (file: string, options: CheckOptions) => {
      end(await checkFile(file, options, world));
    });
};

/** Checks a file, and prints what was found. */
export async function checkFile(
  path: string,
  { env, code, json }: CheckOptions,
  world: World,
): Promise<ExitCode> {
  const report = await inspect(path, { env, code }, world);
  world.stdout.write(
    json ? `${JSON.stringify(report, null, 2)}\n` : render(report, world),
  );
  return report.ok ? 0 : 1;
}

/**
 * Checks a file.
 *
 * @throws {Failure} When it cannot be read.
 */
export async function inspect(
  path: string,
  { env, code }: CheckOptions,
  world: Pick<World, "cwd" | "env">,
): Promise<CheckReport> {
  const file = await readWranglerFile(path, world.cwd, env);
  const shape = parseShape(file.vars, targets);
  const devVars = await readDevVars(file, world.cwd);
  const secrets = checkLocalSecrets(shape.needs, file.vars, devVars, world.env);
  const deployment = checkDeployment(file);
  const limits = checkLimits(
    file.vars,
    secrets.states.flatMap(({ name }) => name ?? []),
  );
  const isInCode = ({ path, message }: Mistake) =>
    code === true && path === "CREDENTIALS" && message.startsWith("Is missing");
  const redact = createRedact(secrets.values);
  const conceal = ({ path, message }: Mistake): Mistake => ({
    path: redact(path, { keepUuids: true }),
    message: redact(message, { keepUuids: true }),
  });
  const mistakes = [
    ...shape.mistakes.filter((mistake) => !isInCode(mistake)),
    ...limits.mistakes,
    ...deployment.mistakes,
    ...checkEmail(file, shape.channels),
    ...secrets.mistakes,
  ].map(conceal);
  return {
    file: path,
    environment: env ?? null,
    ok: mistakes.length === 0,
    mistakes,
    warnings: [
      ...shape.warnings.filter((warning) => !mistakes.some(({ path }) => path === warning.path)),
      ...limits.warnings,
      ...deployment.warnings,
      ...findNotRequired(file, shape.needs),
    ].map(conceal),
    credentials: shape.drafts.flatMap(({ name }) => name ?? []),
    secrets: secrets.states,
  };
}

const STATES: Readonly<Record<SecretState["state"], readonly [string, Tone]>> = {
  fits: ["fits", "good"],
  wrong: ["wrong", "bad"],
  unknown: ["not set here", "quiet"],
};

/** Says in words what was found. */
export function render(report: CheckReport, world: World): string {
  const { file, environment, mistakes, warnings, credentials, secrets, ok } = report;
  const paint = createPaint(world, world.stdout);
  const where = environment === null ? file : `${file} [env.${environment}]`;
  const verdict = ok
    ? paint("good", `is right: ${count(credentials.length, "credential")}`)
    : paint("bad", `has ${count(mistakes.length, "mistake")}`);
  return [
    `${toPrintable(where)} ${verdict}`,
    ...renderMistakes("Mistakes", mistakes, "bad", paint, world),
    ...renderMistakes("Worth a second look", warnings, "warning", paint, world),
    "",
    paint("strong", "Secrets that the Worker needs"),
    ...renderSecrets(secrets, paint, world),
  ].join("\n") + "\n";
}

function renderMistakes(
  title: string,
  mistakes: readonly Mistake[],
  tone: Tone,
  paint: Paint,
  { columns }: World,
): string[] {
  if (mistakes.length === 0) return [];
  return [
    "",
    paint("strong", title),
    ...mistakes.flatMap(({ path, message }) => [
      paint(tone, wrap(toPrintable(path), columns, 2)),
      wrap(toPrintable(message), columns, 6),
    ]),
  ];
}

function renderSecrets(
  secrets: readonly SecretState[],
  paint: Paint,
  { columns }: World,
): string[] {
  const named = secrets.flatMap((secret) =>
    secret.name === undefined ? [] : [{ ...secret, name: secret.name }]
  );
  const unknown = named.filter(({ state }) => state === "unknown");
  return [
    ...named.flatMap(({ name, use, state }) => {
      const [words, tone] = STATES[state];
      return [`  ${name}: ${paint(tone, words)}`, wrap(toPrintable(use), columns, 6)];
    }),
    ...(unknown.length === 0 ? [] : [
      wrap(
        "What is not set here may be set at Cloudflare: `wrangler secret list` shows that, and `wrangler secret put NAME` sets one.",
        columns,
        2,
      ),
    ]),
  ];
}
