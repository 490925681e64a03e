/**
 * `status`: what a deployed Worker's page says, in a terminal.
 *
 * @module
 */
import type { Command } from "commander";
import type { CredentialStatus, Status, TargetStatus } from "../status.ts";
import { REASON_TITLES, STATES, type Tone as BadgeTone } from "../views/labels.ts";
import { formatMoment } from "./moment.ts";
import { findAddress, readStatus } from "./remote.ts";
import { count, createPaint, type Paint, type Tone, toPrintable, wrap } from "./text.ts";
import type { ExitCode, Verb, World } from "./world.ts";

/** What the verb is told. */
export interface StatusOptions {
  /** The address of the Worker's page. */
  readonly url?: string | undefined;
  /** Whether to print JSON. */
  readonly json?: boolean | undefined;
  /** Whether to ask again and again. */
  readonly watch?: boolean | undefined;
}

/** How often a watched Worker is asked, in milliseconds. */
const EVERY = 10_000;

/** The verb. */
export const status: Verb = (program: Command, world, end) => {
  program.command("status")
    .summary("say what a deployed Worker's page says")
    .description(
      "Asks a deployed Worker for its status and prints it. Needs the page's key in the environment as PAGE_KEY.",
    )
    .option("--url <address>", "the Worker's address; default: HEROTATE_URL")
    .option("--watch", "ask again every 10 seconds, until Ctrl-C")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExit codes: 0 all is well, 1 something needs attention, 2 it cannot be read.",
    )
    .action(async (options: StatusOptions) => {
      end(await printStatus(options, world));
    });
};

/** Asks for the status, and prints it. */
export async function printStatus(
  { url, json, watch }: StatusOptions,
  world: World,
): Promise<ExitCode> {
  const address = findAddress(url, world);
  const signal = watch ? world.signal : undefined;
  while (true) {
    const found = await readStatus(address, world);
    const text = json ? `${JSON.stringify(found, null, 2)}\n` : renderStatus(found, address, world);
    world.stdout.write(watch && world.stdout.isTerminal ? `\u001b[2J\u001b[H${text}` : text);
    const code = found.status === "ok" ? 0 : 1;
    if (!watch || !await rest(world, signal)) return code;
  }
}

/** Waits until it is time to ask again; false when a person wants an end. */
async function rest(world: World, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    await world.sleep(EVERY, signal);
    return signal?.aborted !== true;
  } catch {
    return false;
  }
}

const TONES: Readonly<Record<BadgeTone, Tone>> = {
  good: "good",
  busy: "warning",
  warning: "warning",
  bad: "bad",
  idle: "quiet",
};

/** Says it in words. */
export function renderStatus(found: Status, address: URL, world: World): string {
  const paint = createPaint(world, world.stdout);
  const { columns, now } = world;
  const line = (text: string, indent = 0) => wrap(toPrintable(text), columns, indent);
  const verdict = found.status === "ok"
    ? paint("good", "all is well")
    : paint("bad", "needs attention");
  const reasons = found.reasons.flatMap(({ kind, details }) => [
    paint("bad", line(REASON_TITLES[kind] ?? kind)),
    ...details.map((detail) => line(detail, 2)),
  ]);
  const sweeps = found.accounts.map(({ name, last_sweep: last }) => {
    const of = found.accounts.length > 1 ? `${name}: ` : "";
    return line(`${of}${last ? `last sweep ${formatMoment(last.at, now())}` : "no sweep yet"}`);
  });
  const withheld = found.accounts.flatMap((each) => each.last_sweep?.withheld ?? []);
  return [
    `${address.host}: ${verdict}`,
    ...sweeps,
    ...(reasons.length > 0 ? ["", ...reasons] : []),
    ...found.credentials.flatMap((each) => renderCredential(each, paint, world)),
    ...(withheld.length > 0
      ? [
        "",
        paint("strong", "Leftovers that would be removed"),
        ...withheld.map((each) => line(each, 2)),
      ]
      : []),
    "",
    line(`Not managed: ${count(countUnmanaged(found), "authorization")}`),
  ].join("\n") + "\n";
}

function countUnmanaged({ accounts }: Status): number {
  return accounts.reduce((sum, { unmanaged_count }) => sum + unmanaged_count, 0);
}

function renderCredential(
  { name, state, generation, expires_at, never_expires, decision, failures, error, targets }:
    CredentialStatus,
  paint: Paint,
  { columns, now }: World,
): string[] {
  const [word, tone] = STATES[state] ?? [state, "idle"];
  const end = expires_at !== null
    ? `ends ${formatMoment(expires_at, now())}`
    : never_expires
    ? "never ends"
    : "end unknown";
  const facts = [
    ...(generation === null ? ["no token"] : [`generation ${generation}, ${end}`]),
    ...(decision === null ? [] : [decision.reason]),
    ...(decision?.until ? [`next change: ${formatMoment(decision.until, now())}`] : []),
    ...(failures > 0 ? [`${count(failures, "failure")} in a row: ${error ?? ""}`.trimEnd()] : []),
    ...targets.map((target) => describeTarget(target, now())),
  ];
  return [
    "",
    `${toPrintable(name)}: ${paint(TONES[tone], word)}`,
    ...facts.map((fact) => wrap(toPrintable(fact), columns, 2)),
  ];
}

function describeTarget(
  { place, required, generation, delivered_at, proof }: TargetStatus,
  now: number,
): string {
  const name = `${proof ? "[x]" : "[ ]"} ${place}${required ? "" : " (optional)"}`;
  if (proof) {
    const at = proof.proven_at === null ? "" : ` ${formatMoment(proof.proven_at, now)}`;
    return `${name}: generation ${generation}, proof by ${proof.kind}${at}`;
  }
  return delivered_at === null
    ? `${name}: nothing delivered by this Worker yet`
    : `${name}: generation ${generation} delivered ${formatMoment(delivered_at, now)}, not proven`;
}
