import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { SweepReport } from "../../lib/rotation/sweep.ts";
import { showOtherwise } from "../simulation/world.ts";
import { assertClean, lineOf } from "./due_rotation.ts";
import { createSimulation, day, hour, minute, type Simulation } from "../simulation/simulation.ts";

const month = 30 * 86_400;

/** What an invocation on Cloudflare's free plan may ask of others. */
const mostRequests = 50;

const most = { absent: 8, contradicted: 3, removals: 6 };

function namesOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `ci-${String(index).padStart(2, "0")}`);
}

/** Many credentials with tokens that were found, or made here, and are not due for weeks. */
async function startMany(names: readonly string[], isMade = false): Promise<Simulation> {
  const sim = createSimulation({
    observe: false,
    credentials: names.map((name) => ({
      name,
      scope: ["write"],
      lifetime: 30 * day,
      targets: [`hook:${name}`],
    })),
  });
  sim.heroku.issue({ description: "web" });
  for (const description of isMade ? [] : names) {
    const { token } = sim.heroku.issue({ description, scope: ["write"], expires_in: month });
    await sim.put(`hook:${description}`, token);
  }
  await sim.cron();
  await sim.advance(isMade ? 3 * hour : 0);
  return sim;
}

/** Has lists, and look-ups where it is said so, lack what is hidden. */
function hide(sim: Simulation, isHidden: (description: string) => boolean, alsoFrom = ""): void {
  sim.mutate = (response, call) =>
    call === "GET /oauth/authorizations" || (alsoFrom === "look-ups" && !call.endsWith("/~"))
      ? showOtherwise(
        response,
        call,
        (shown) => isHidden(String(shown.description)) ? undefined : shown,
      )
      : Promise.resolve(response);
}

function isManaged(description: string): boolean {
  return description.startsWith("ci-");
}

/** Notes what the next sweep asks of Heroku. */
async function listen(
  sim: Simulation,
): Promise<{ report: SweepReport; requests: readonly string[] }> {
  const requests: string[] = [];
  sim.fate = ({ kind, name, process }) => {
    if (kind === "heroku" && process.startsWith("sweep")) requests.push(name);
    return "sent";
  };
  const report = await sim.cron();
  assert(report);
  return { report, requests };
}

function lookUpsIn(requests: readonly string[]): string[] {
  return requests.filter((name) => /^GET \/oauth\/authorizations\/[^~]/.test(name));
}

function tokensTriedIn(requests: readonly string[]): number {
  // The first one asks whose the account is.
  return requests.filter((name) => name === "GET /account").length - 1;
}

function kindsOf({ decisions }: SweepReport): string[] {
  return [...new Set(decisions.map(({ kind }) => kind))];
}

Deno.test("A sweep asks about a few of 60 authorizations that a list lacks, and each has its turn", async () => {
  const names = namesOf(60);
  const sim = await startMany(names);
  hide(sim, isManaged);
  const lookedUp = new Set<string>();
  let sweeps = 0;
  for (; lookedUp.size < names.length && sweeps < 16; sweeps++) {
    await sim.advance(15 * minute);
    const { report, requests } = await listen(sim);
    assertEquals(lookUpsIn(requests).length, most.absent);
    assert(requests.length <= mostRequests);
    for (const each of lookUpsIn(requests)) lookedUp.add(each);
    assertEquals(
      { kinds: kindsOf(report), started: report.started, unreliable: report.unreliable },
      { kinds: ["wait"], started: [], unreliable: null },
    );
    assertEquals(report.problems, []);
    assertEquals(report.notices.map(({ kind }) => kind), ["unasked"]);
    assertStringIncludes(report.notices[0].message, "52 authorizations");
  }
  assertEquals(lookedUp.size, names.length);
  assertEquals(lineOf(sim), [...names, "web"]);
  await assertClean(sim);
});

Deno.test("What a sweep did not ask about is no doubt that lasts, and alarms no one", async () => {
  const sim = await startMany(namesOf(60));
  hide(sim, isManaged);
  for (let quarter = 0; quarter < 12; quarter++) {
    await sim.advance(15 * minute);
    const { report } = await listen(sim);
    assertEquals(report.doubts, []);
  }
  const doubted = sim.database.query("SELECT 1 FROM entries WHERE doubted_since IS NOT NULL");
  assertEquals(doubted, []);
  await assertClean(sim);
});

Deno.test("An absence counts once it has been asked about twice, however long it was not", async () => {
  const names = namesOf(60);
  const sim = await startMany(names);
  hide(sim, (description) => isManaged(description) && description > "ci-09", "look-ups");
  const asked = new Map<string, number>();
  const ids = new Map(sim.heroku.live().map(({ id, description }) => [id, description]));
  for (let quarter = 0; quarter < 8; quarter++) {
    await sim.advance(15 * minute);
    const { report, requests } = await listen(sim);
    for (const each of lookUpsIn(requests)) {
      const name = ids.get(each.slice(each.lastIndexOf("/") + 1)) ?? "";
      asked.set(name, (asked.get(name) ?? 0) + 1);
    }
    for (const name of report.started) {
      assert((asked.get(name) ?? 0) >= 2, `${name} was asked about ${asked.get(name)} times`);
    }
  }
  sim.close();
});

Deno.test("A list that lacks everything counts as one that does, though only some of it was asked about", async () => {
  const sim = await startMany(namesOf(20));
  hide(sim, isManaged, "look-ups");
  for (let quarter = 0; quarter < 8; quarter++) {
    const { report } = await listen(sim);
    assertEquals(report.started, []);
    await sim.advance(14 * minute);
  }
  sim.close();
});

Deno.test("Tokens that are revoked by hand all at once are replaced, a few at each sweep", async () => {
  const names = namesOf(60);
  const sim = await startMany(names, true);
  assertEquals(lineOf(sim).length, names.length + 1);
  for (const { id, description } of sim.heroku.live()) {
    if (isManaged(description)) sim.heroku.revoke(id);
  }
  let left = names.length;
  for (let quarter = 0; quarter < 16 && left > 0; quarter++) {
    await sim.advance(15 * minute);
    const { report, requests } = await listen(sim);
    assert(lookUpsIn(requests).length <= most.absent);
    assert(tokensTriedIn(requests) <= 2 * (most.absent + most.contradicted));
    assert(requests.length <= mostRequests);
    left -= report.started.length;
    assert(report.started.length <= most.absent);
  }
  assertEquals(left, 0);
  await sim.advance(2 * hour);
  for (const name of names) {
    assert(sim.heroku.accepts(sim.holds(`hook:${name}`, name) ?? ""), `${name} is dead`);
  }
  await assertClean(sim);
});

Deno.test("What Heroku refused the token of stays gone at sweeps that do not ask again", async () => {
  const sim = await startMany(namesOf(60), true);
  for (const { id, description } of sim.heroku.live()) {
    if (isManaged(description)) sim.heroku.revoke(id);
  }
  sim.fate = ({ name }) => name === "POST /oauth/authorizations" ? "401" : "sent";
  const gone = new Set<string>();
  for (let quarter = 0; quarter < 8; quarter++) {
    const report = await sim.cron();
    assert(report);
    const missing = report.decisions.flatMap((each) =>
      "cause" in each && each.cause === "missing" ? [each.credential] : []
    );
    assert([...gone].every((name) => missing.includes(name)));
    for (const name of missing) gone.add(name);
    await sim.advance(15 * minute);
  }
  assert(gone.size > 2 * most.absent);
  sim.close();
});

Deno.test("A sweep tries a few of 60 tokens that a list contradicts, and takes none of the others for regenerated", async () => {
  const sim = await startMany(namesOf(60), true);
  sim.mutate = (response, call) =>
    showOtherwise(response, call, (shown) => ({
      ...shown,
      access_token: { ...Object(shown.access_token), id: crypto.randomUUID(), expires_in: 77_777 },
    }));
  const { report, requests } = await listen(sim);
  assertEquals(tokensTriedIn(requests), most.contradicted);
  assert(report.notices.some(({ kind }) => kind === "unasked"));
  assert(report.decisions.every((each) => !("cause" in each) || each.cause !== "regenerated"));
  sim.close();
});

Deno.test("A sweep removes a few leftovers, and all of them in time", async () => {
  const names = namesOf(20);
  const sim = createSimulation({
    credentials: names.map((name) => ({ name, scope: ["write"], targets: [`hook:${name}`] })),
  });
  sim.heroku.issue({ description: "web" });
  sim.fate = ({ name }) => name === "POST /oauth/authorizations" ? "dies after" : "sent";
  await sim.cron();
  assertEquals(lineOf(sim).length, names.length + 1);
  // Without a scope no attempt follows, which would remove what it finds itself.
  sim.configure(names.map((name) => ({ name, targets: [`hook:${name}`] })));
  await sim.advance(20 * minute);
  let removed = 0;
  let sweeps = 0;
  for (; removed < names.length && sweeps < 10; sweeps++) {
    const requests: string[] = [];
    sim.fate = ({ kind, name, process }) => {
      if (kind === "heroku" && process.startsWith("sweep")) requests.push(name);
      return "sent";
    };
    removed += (await sim.sweep())?.removed.length ?? 0;
    assert(requests.filter((name) => name.startsWith("DELETE")).length <= most.removals);
    await sim.advance(15 * minute);
  }
  assertEquals(removed, names.length);
  sim.close();
});

Deno.test("A sweep of 10,000 authorizations that has all there is to ask and to remove stays within Cloudflare's free plan", async () => {
  const names = namesOf(60);
  const sim = await startMany(names, true);
  for (let more = sim.heroku.live().length; more < 10_000; more++) {
    sim.heroku.issue({ description: `other ${more}` });
  }
  const leftovers = sim.heroku.live().filter(({ description }) => description.startsWith("other "))
    .slice(0, 20);
  for (const [index, { id }] of leftovers.entries()) {
    sim.database.query(
      "INSERT INTO entries SELECT credential, ? AS mark, generation - 1, 'discarded', ?," +
        " access_token, NULL, NULL, ?, scope, lifetime, asked, made, sender, noted_at, created_at," +
        " expires_at, NULL, NULL, NULL, NULL, noted_at, NULL FROM entries WHERE credential = ?",
      `leftover-${index}`,
      id,
      leftovers[index].description,
      names[index],
    );
  }
  const lacking = new Set(names.slice(0, 30));
  sim.mutate = (response, call) =>
    showOtherwise(response, call, (shown) => {
      const name = String(shown.description).slice(0, 5);
      if (!names.includes(name)) return shown;
      if (lacking.has(name)) return undefined;
      return { ...shown, access_token: { ...Object(shown.access_token), id: "another" } };
    });
  let count = 0;
  sim.fate = ({ kind, process, name }) => {
    if (kind !== "heroku" || !process.startsWith("sweep")) return "sent";
    count++;
    return name === "GET /account" && count > 1 ? "401" : "sent";
  };
  const report = await sim.sweep();
  assert(report);
  assertEquals([report.removed.length, report.problems], [most.removals, []]);
  assertEquals(count, 1 + 10 + 1 + 3 * most.absent + 2 * most.contradicted + most.removals);
  assert(count <= mostRequests);
  sim.close();
});
