import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  ForbiddenError,
  HerokuError,
  NetworkError,
  RateLimitError,
  ServerError,
  UnauthorizedError,
} from "../../lib/heroku/errors.ts";
import type { Credential } from "../../lib/rotation/credential.ts";
import { type AccountNote, SupersededError } from "../../lib/rotation/ledger.ts";
import {
  AttemptError,
  createPerform,
  type Perform,
  STEP_OPTIONS,
} from "../../lib/rotation/perform.ts";
import { LEASE_DURATION } from "../../lib/rotation/schedule.ts";
import { SealingError } from "../../lib/rotation/sealing.ts";
import { TargetError } from "../../lib/targets/target.ts";
import { createMemoryWorkflows } from "../../lib/testing/memory_workflows.ts";
import { createLedger } from "../../worker/account/ledger.ts";
import { createDatabase } from "../worker/sqlite.ts";
import { minute, second } from "../simulation/simulation.ts";
import { entryOf } from "./plan_input.ts";

const superseded = new SupersededError({ credential: "ci", attempt: 1, claim: "1f2e3d4c" });

const ci: Credential = { name: "ci", grace: 0, paused: false, targets: [] };

/** A run that performs with the lease of the first attempt, and the times at which its step began. */
async function start(
  run: (perform: Perform) => Promise<unknown>,
  account: AccountNote | null = null,
  credential: () => Credential = () => ci,
) {
  let time = 0;
  const now = () => time;
  const ledger = createLedger(createDatabase());
  await ledger.adopt(new Map([["ci", []]]));
  const [lease] = await ledger.claim([{ credential: "ci", attempt: 1, seenLease: null }], 1);
  await ledger.writeNote({
    ...await ledger.note(),
    account,
    own: null,
    unreadable: 0,
    unsure: 0,
    emptySince: null,
  });
  const workflows = createMemoryWorkflows<null>({
    now,
    run: (step) =>
      run(
        createPerform(step, lease, {
          ledger,
          now,
          credential,
          account: { own: { secret: "HEROKU_API_TOKEN", fingerprint: "ours" } },
        }),
      ),
  });
  return {
    ledger,
    now,
    workflows,
    /** Starts the run, goes from wake to wake until it has ended, and gives its end. */
    async end() {
      workflows.start([{ id: "a", params: null }]);
      await workflows.settle();
      for (let wake = workflows.nextWake(); wake !== undefined; wake = workflows.nextWake()) {
        time = wake;
        await workflows.settle();
      }
      const [{ status, output, error }] = workflows.runs;
      return { status, output, error, at: time };
    },
  };
}

/** A run of one step that fails with this for so many times, and the times at which it was tried. */
async function startFailing(error: unknown, times = Infinity) {
  const tries: number[] = [];
  const started = await start((perform) =>
    perform("deliver", () => {
      tries.push(started.now());
      return tries.length <= times ? Promise.reject(error) : Promise.resolve("done");
    })
  );
  return { ...started, tries };
}

Deno.test("createPerform() gives what the step gave, and lets the engine keep it", async () => {
  const { end, workflows } = await start((perform) =>
    perform("deliver", () => Promise.resolve({ a: 1 }))
  );
  assertEquals((await end()).output, '{"a":1}');
  assertEquals([...workflows.runs[0].stored], [["deliver", '{"kind":"value","value":{"a":1}}']]);
});

Deno.test("createPerform() extends the lease at the beginning of each try", async () => {
  const leases: unknown[] = [];
  const { ledger, end } = await start((perform) =>
    perform("deliver", async () => {
      leases.push((await ledger.readCredential("ci"))?.record.leaseUntil);
      throw new Error("No");
    })
  );
  await end();
  assertEquals(leases, [0, 10, 30, 70].map((seconds) => seconds * second + LEASE_DURATION));
});

Deno.test("createPerform() stops without running the step when a newer attempt has taken over", async () => {
  let ran = false;
  const started = await start(async (perform) => {
    await perform("deliver", () => Promise.resolve(ran = false));
    const next = { credential: "ci", attempt: 2, seenLease: LEASE_DURATION };
    await started.ledger.claim([next], 2 * LEASE_DURATION);
    await assertRejects(
      () => perform("confirm", () => Promise.resolve(ran = true)),
      SupersededError,
    );
    return "stopped";
  });
  assertEquals([await started.end(), ran], [
    { status: "complete", output: '"stopped"', error: undefined, at: 0 },
    false,
  ]);
});

Deno.test("createPerform() hands each step what is configured and known at its beginning", async () => {
  let grace = 0;
  const { ledger, end } = await start(
    async (perform) => {
      const seen: unknown[] = [];
      for (const step of ["deliver", "confirm"]) {
        grace++;
        await ledger.noteFound([entryOf(grace, "foreign")]);
        seen.push(
          await perform(
            step,
            ({ credential, known }) => Promise.resolve([credential.grace, known.entries.length]),
          ),
        );
      }
      return seen;
    },
    null,
    () => ({ ...ci, grace }),
  );
  assertEquals((await end()).output, "[[1,1],[2,2]]");
});

Deno.test("createPerform() writes nothing and runs no step when there is nothing to be done any more", async () => {
  let ran = false;
  const { ledger, end } = await start(
    (perform) => perform("deliver", () => Promise.resolve(ran = true)),
    null,
    () => {
      throw new AttemptError("Cannot go on");
    },
  );
  const before = await ledger.readCredential("ci");
  const { error } = await end();
  assertEquals({ error, ran }, { error: "Cannot go on", ran: false });
  assertEquals(await ledger.readCredential("ci"), before);
});

Deno.test("createPerform() passes on that a newer attempt took over within the step", async () => {
  const { end, tries } = await startFailing(superseded);
  const { status, error } = await end();
  assertEquals({ status, error, tries }, {
    status: "errored",
    error: superseded.message,
    tries: [0],
  });
});

for (
  const [what, error] of [
    ["an attempt's own error", new AttemptError("Out of order")],
    ["a sealing error", new SealingError("wrong_key", "Out of order")],
    ["a target that refuses the credentials", new TargetError("unauthorized", "Out of order")],
    ["a target that forbids it", new TargetError("forbidden", "Out of order")],
    ["a target that is not there", new TargetError("not_found", "Out of order")],
    ["a target that refuses the value", new TargetError("invalid_value", "Out of order")],
    ["a target with a newer generation", new TargetError("superseded", "Out of order")],
    ["a Heroku that refuses the token", new UnauthorizedError("Out of order")],
    ["a Heroku that forbids it", new ForbiddenError("Out of order")],
  ] as const
) {
  Deno.test(`createPerform() ends the attempt at once over ${what}`, async () => {
    const { end, tries } = await startFailing(error);
    assertEquals(await end(), {
      status: "errored",
      output: undefined,
      error: error instanceof HerokuError
        ? "Cannot finish the step 'deliver' because Heroku answered: Out of order. Check HEROKU_API_TOKEN and its account; the next attempt tries again"
        : "Out of order",
      at: 0,
    });
    assertEquals(tries, [0]);
  });
}

for (
  const [what, error] of [
    ["a target that is down", new TargetError("unavailable", "Out of order")],
    ["a target that is busy and names no time", new TargetError("rate_limited", "Out of order")],
    ["a target that still shows the old value", new TargetError("mismatch", "Out of order")],
    ["a Heroku that fails", new ServerError("Out of order")],
    ["a Heroku that is busy", new RateLimitError("Out of order")],
    ["a network that fails", new NetworkError("Out of order")],
    ["a ledger that fails", new Error("Out of order")],
  ] as const
) {
  Deno.test(`createPerform() tries three more times over ${what}, and then ends the attempt`, async () => {
    const { end, tries } = await startFailing(error);
    assertEquals((await end()).error, "Out of order");
    assertEquals(tries, [0, 10 * second, 30 * second, 70 * second]);
  });

  Deno.test(`createPerform() goes on when a try mends ${what}`, async () => {
    const { end, tries } = await startFailing(error, 2);
    assertEquals((await end()).output, '"done"');
    assertEquals(tries.length, 3);
  });
}

Deno.test("createPerform() waits as long as a target asks", async () => {
  const error = new TargetError("rate_limited", "Out of order", { retryAfter: 45 * second });
  const { end, tries } = await startFailing(error, 2);
  assertEquals((await end()).output, '"done"');
  assertEquals(tries, [0, 45 * second, 90 * second]);
});

Deno.test("createPerform() waits for a target three times at most", async () => {
  const error = new TargetError("rate_limited", "Out of order", { retryAfter: 2 * minute });
  const { end, tries } = await startFailing(error);
  assertEquals((await end()).error, "Out of order");
  assertEquals(tries, [0, 2 * minute, 4 * minute, 6 * minute]);
});

Deno.test("createPerform() ends the attempt when a target asks for more than two minutes", async () => {
  const error = new TargetError("unavailable", "Out of order", { retryAfter: 2 * minute + 1 });
  const { end, tries } = await startFailing(error);
  assertEquals({ error: (await end()).error, tries }, { error: "Out of order", tries: [0] });
});

Deno.test("createPerform() holds the lease through every wait that a target may ask for", async () => {
  const error = new TargetError("rate_limited", "Out of order", { retryAfter: 2 * minute });
  const { end, ledger, tries } = await startFailing(error);
  await end();
  const until = (await ledger.readCredential("ci"))?.record.leaseUntil ?? 0;
  assertEquals(until, 6 * minute + LEASE_DURATION);
  for (const [index, at] of tries.entries()) {
    if (index > 0) assertEquals(at < tries[index - 1] + LEASE_DURATION, true);
  }
});

Deno.test("createPerform() lets the engine keep nothing of an error but its message", async () => {
  const { end, workflows } = await startFailing(
    new TargetError("forbidden", "Out of order", { status: 403 }),
  );
  await end();
  assertEquals([...workflows.runs[0].stored.values()], [
    '{"kind":"failure","message":"Out of order","refused":false}',
  ]);
});

Deno.test("createPerform() does nothing with a token that was not seen to be the account's", async () => {
  let calls = 0;
  const run = (perform: Perform) => perform("deliver", () => Promise.resolve(++calls));
  const { end } = await start(run, { id: "an-account", token: "another" });
  const { error } = await end();
  assertEquals(calls, 0);
  assertStringIncludes(error ?? "", "'HEROKU_API_TOKEN' was changed");
});

Deno.test("perform() ends what a step has under way when its time is up, and tries it again", async () => {
  const { setTimeout: original } = globalThis;
  const timers: (() => void)[] = [];
  globalThis.setTimeout = ((fire: () => void, after: number) => {
    assertEquals(after, STEP_OPTIONS.timeout);
    return timers.push(fire);
  }) as typeof original;
  const reasons: unknown[] = [];
  try {
    const { end } = await start((perform) =>
      perform("deliver to a", ({ signal }) => {
        if (reasons.length > 0) return Promise.resolve("delivered");
        return new Promise((_, reject) => {
          signal.addEventListener("abort", () => {
            reasons.push(signal.reason);
            reject(signal.reason);
          });
          timers.at(-1)?.();
        });
      })
    );
    assertEquals((await end()).output, '"delivered"');
  } finally {
    globalThis.setTimeout = original;
  }
  assertEquals(reasons.map(String), [
    "TimeoutError: The step 'deliver to a' took longer than 120 s",
  ]);
});
