/**
 * `plan`: what would the first sweep of a new Worker do? It only asks Heroku, and writes nothing.
 *
 * @module
 */
import type { Command } from "commander";
import { HerokuError } from "../../lib/heroku/errors.ts";
import type { Decision, Unmanaged } from "../../lib/rotation/decision.ts";
import { AccountError } from "../../lib/rotation/account.ts";
import { type OpenAccount, openAccounts } from "./accounts.ts";
import { Failure } from "./failure.ts";
import { foresee, type Foresight } from "./foresee.ts";
import { formatMoment } from "./moment.ts";
import { withProgress } from "./progress.ts";
import { printStatus } from "./status.ts";
import { count, createPaint, type Paint, type Tone, toPrintable, wrap } from "./text.ts";
import type { ExitCode, Verb, World } from "./world.ts";

/** What is planned for one credential. */
export interface PlannedCredential {
  /** Its name. */
  readonly name: string;
  /** What would be done now. */
  readonly action: Exclude<Decision["kind"], "observed">;
  /** Why, in words. */
  readonly reason: string;
  /** When that would change by itself (ISO 8601, UTC); null for never. */
  readonly until: string | null;
  /** Whether the configuration has it only observed, so that it would only be shown. */
  readonly observed: boolean;
  /** The ids of the authorizations that it would begin with. */
  readonly adopts: readonly string[];
  /** The ids of those that would be deleted once a replacement is proven and the grace is over. */
  readonly deletes: readonly string[];
  /** Where its token would be delivered. */
  readonly places: readonly string[];
}

/** What is planned for one account, as `--json` prints it. */
export interface PlannedAccount {
  /** Its name in the configuration. */
  readonly name: string;
  /** Its id at Heroku; null when Heroku does not give it. */
  readonly id: string | null;
  /** Its e-mail address at Heroku; null when Heroku does not give it. */
  readonly email: string | null;
  /** The credentials, in the order of the configuration. */
  readonly credentials: readonly PlannedCredential[];
  /** What no credential claims. */
  readonly unmanaged: readonly Unmanaged[];
  /** What is in the way, in words. */
  readonly problems: readonly string[];
  /** What is good to know, in words. */
  readonly notices: readonly string[];
}

/** What the verb is told. */
export interface PlanOptions {
  /** An environment of the file. */
  readonly env?: string | undefined;
  /** The address of a deployed Worker. */
  readonly url?: string | undefined;
  /** Whether to print JSON. */
  readonly json?: boolean | undefined;
}

/** The verb. */
export const plan: Verb = (program: Command, world, end) => {
  program.command("plan")
    .summary("say what a new Worker would do, and do nothing")
    .description(
      "Asks Heroku, with reads only, and says for each credential of wrangler.toml what the first sweep would do, when and why. Needs each account's token in the environment or .dev.vars.",
    )
    .argument("[file]", "the file", "wrangler.toml")
    .option("--env <name>", "use [env.NAME] of the file")
    .option("--url <address>", "ask a deployed Worker instead, whose ledger knows more")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExit codes: 0 nothing is in the way, 1 something is, 2 it failed.")
    .action(async (file: string, options: PlanOptions) => {
      const { url, json } = options;
      end(
        await (url === undefined
          ? printPlan(file, options, world)
          : printStatus({ url, json }, world)),
      );
    });
};

/** Plans, and prints it. */
export async function printPlan(
  path: string,
  { env, json }: PlanOptions,
  world: World,
): Promise<ExitCode> {
  const accounts = await openAccounts(path, env, world);
  const planned: PlannedAccount[] = [];
  for (const account of accounts) {
    planned.push(
      await withProgress(`Reading '${account.name}'`, world, (each) => planAccount(account, each)),
    );
  }
  world.stdout.write(
    json
      ? `${JSON.stringify({ accounts: planned }, null, 2)}\n`
      : planned.map((account) => render(account, world)).join("\n"),
  );
  const isClear = planned.every(({ problems, credentials }) =>
    problems.length === 0 && credentials.every(({ action }) => STATES[action][1] !== "bad")
  );
  return isClear ? 0 : 1;
}

/**
 * Plans for one account.
 *
 * @throws {Failure} When Heroku cannot be asked.
 */
export async function planAccount(
  account: OpenAccount,
  { fetch, now }: Pick<World, "fetch" | "now">,
): Promise<PlannedAccount> {
  try {
    return describe(account, await foresee({ ...account, fetch, now }));
  } catch (error) {
    if (!(error instanceof HerokuError) && !(error instanceof AccountError)) throw error;
    throw new Failure(
      `Cannot plan for the account '${account.name}' with the token in ${account.token.secret}: ${error.message}`,
    );
  }
}

function describe(
  { name, credentials }: OpenAccount,
  { report, adopted, identity }: Foresight,
): PlannedAccount {
  const decisions = new Map(report.decisions.map((each) => [each.credential, each]));
  return {
    name,
    id: identity.id ?? null,
    email: identity.email ?? null,
    credentials: credentials.flatMap((credential): PlannedCredential[] => {
      const decision = decisions.get(credential.name);
      if (!decision) return [];
      const ids = (adopted.get(credential.name) ?? []).flatMap((each) => each.authorization ?? []);
      const isDue = decision.kind === "observed";
      return [{
        name: credential.name,
        action: decision.kind === "observed" ? "rotate" : decision.kind,
        reason: decision.reason.replace(
          /\. Nothing was done because it is only observed: .*$/s,
          "",
        ),
        until: decision.until === null ? null : new Date(decision.until).toISOString(),
        observed: credential.observe === true,
        adopts: ids,
        deletes: isDue ? ids : [],
        places: credential.targets.map(({ place }) => place),
      }];
    }),
    unmanaged: report.unmanaged,
    problems: report.problems,
    notices: report.notices.map(({ message }) => message),
  };
}

const STATES: Readonly<Record<PlannedCredential["action"], readonly [string, Tone]>> = {
  wait: ["nothing to do now", "good"],
  rotate: ["would be rotated now", "warning"],
  running: ["is being rotated", "warning"],
  back_off: ["would wait", "warning"],
  blocked: ["needs you", "bad"],
  held: ["would be held back by the fuse", "bad"],
  braked: ["would be held back by its brake", "bad"],
};

/** How many authorizations that no one manages are listed. */
const MOST_SHOWN = 20;

function render(account: PlannedAccount, world: World): string {
  const paint = createPaint(world, world.stdout);
  const { columns } = world;
  const { name, id, email, credentials, unmanaged, problems, notices } = account;
  const whose = email ?? id ?? "an account that Heroku does not name";
  const say = (title: string, words: readonly string[], tone: Tone) =>
    words.length === 0
      ? []
      : ["", paint(tone, title), ...words.map((each) => wrap(toPrintable(each), columns, 2))];
  return [
    paint("strong", toPrintable(`Account '${name}': ${whose}`)),
    "Nothing was changed. The first sweep of a new Worker would do this:",
    ...credentials.flatMap((each) => renderCredential(each, paint, world)),
    ...say("In the way", problems, "bad"),
    ...say("Good to know", notices, "strong"),
    "",
    paint("strong", `Not managed: ${count(unmanaged.length, "authorization")}`),
    ...unmanaged.slice(0, MOST_SHOWN).map((each) =>
      wrap(describeUnmanaged(each, world), columns, 2)
    ),
    ...(unmanaged.length > MOST_SHOWN
      ? [`  and ${unmanaged.length - MOST_SHOWN} more: see \`herotate inventory\``]
      : []),
  ].join("\n") + "\n";
}

function renderCredential(
  { name, action, reason, until, observed, adopts, deletes, places }: PlannedCredential,
  paint: Paint,
  { columns, now }: World,
): string[] {
  const [words, tone] = STATES[action];
  const facts = [
    reason,
    ...(until === null ? [] : [`Next change: ${formatMoment(until, now())}`]),
    ...(adopts.length === 0 ? [] : [`Begins with: ${adopts.join(", ")}`]),
    ...(action === "rotate" ? [`Delivers to: ${places.join(", ")}`] : []),
    ...(deletes.length === 0
      ? []
      : [`Deletes after the grace, once every target is proven: ${deletes.join(", ")}`]),
  ];
  return [
    "",
    `${toPrintable(name)}: ${paint(tone, words)}${
      observed ? paint("quiet", " (only observed)") : ""
    }`,
    ...facts.map((fact) => wrap(toPrintable(fact), columns, 2)),
  ];
}

function describeUnmanaged(
  { id, description, expiresAt, neverExpires, reason }: Unmanaged,
  { now }: World,
): string {
  const end = expiresAt === null
    ? neverExpires ? "never expires" : "end unknown"
    : `ends ${formatMoment(new Date(expiresAt).toISOString(), now())}`;
  return toPrintable(`${id} '${description}', ${end}: ${reason}`);
}
