/**
 * Prints what a rotation and a sweep ask of others: of the account's object, of Heroku, of targets.
 *
 * `deno run -A tests/bench/calls.ts`
 *
 * @module
 */
import { DAY, HOUR } from "@std/datetime/constants";
import { createSimulation } from "../simulation/simulation.ts";
import { createTestAccount } from "../worker/account/sweep_account.ts";
import { createTable } from "../worker/sample.ts";
import { splitCredentials } from "../worker/split_credentials.ts";

const LIFETIME = 30 * DAY / 1000;

/** What one rotation asks, from its start to the end of its grace. */
async function countRotation(targets: readonly string[]): Promise<readonly number[]> {
  const sim = createSimulation({ credentials: [{ name: "ci", targets }] });
  const { token } = sim.heroku.issue({
    description: "ci",
    scope: ["write"],
    expires_in: LIFETIME,
    created_at: sim.now() - 25 * DAY,
  });
  for (const place of targets) if (place !== "store") await sim.put(place, token);

  const { transaction } = sim.database;
  const counts = { object: 0, heroku: 0, target: 0 };
  let isRunning = false;
  // Each call of the object is one transaction.
  sim.database.transaction = (work) => {
    if (isRunning) counts.object++;
    return transaction(work);
  };
  sim.fate = ({ kind, process }) => {
    if (!process.startsWith("sweep") && kind !== "ledger") counts[kind]++;
    return "sent";
  };
  // The run begins only once the sweep that starts it has ended.
  const swept = Promise.withResolvers<void>();
  sim.gate = ({ process }) => process.startsWith("sweep") ? undefined : swept.promise;
  await sim.sweep();
  isRunning = true;
  swept.resolve();
  await sim.workflows.settle();
  await sim.advance(2 * HOUR);
  const [{ output = "" }] = sim.workflows.runs;
  if (JSON.parse(output).outcome !== "success") throw new Error(`Cannot count: ${output}`);
  return [counts.object, counts.heroku, counts.target];
}

/** What one sweep asks of its tables, of Workflows and of Heroku, when so many credentials are due. */
async function countSweep(due: number): Promise<readonly number[]> {
  await using account = createTestAccount();
  const names = Array.from({ length: due }, (_, index) => `ci-${index}`);
  const created_at = account.heroku.now() - 25 * DAY;
  for (const description of names) {
    account.heroku.issue({ description, scope: ["write"], expires_in: LIFETIME, created_at });
  }
  const environment = {
    ...splitCredentials(names.map((name) => createTable(name, { scope: ["write"] }))),
    FUSE: { creates: due, deletes: 2 * due },
  };
  // The first one adopts, and starts nothing.
  await account.sweep({ ...environment, ROTATION: refusing });
  const before = { ...account.counts, requests: account.heroku.requests.length };
  await account.sweep(environment);
  if (account.started.flat().length !== due) {
    throw new Error("Cannot count because not all has started");
  }
  return [
    account.counts.transactions - before.transactions,
    account.counts.statements - before.statements,
    account.started.length,
    account.heroku.requests.length - before.requests,
  ];
}

const refusing = { createBatch: () => Promise.reject(new Error("Nothing is started yet")) };

function row(first: string, ...cells: readonly (string | number)[]): string {
  return first.padEnd(40) + cells.map((cell) => String(cell).padStart(14)).join("");
}

console.log(row("a rotation that delivers to", "object", "Heroku", "targets"));
for (
  const targets of [["hook:ci"], ["var:acme/KEY"], ["store"], ["hook:ci", "var:acme/KEY", "store"]]
) console.log(row(targets.join(", "), ...await countRotation(targets)));
console.log();
console.log(row("a sweep with", "transactions", "statements", "batches", "Heroku"));
for (const due of [1, 100, 1000]) console.log(row(`${due} due`, ...await countSweep(due)));
