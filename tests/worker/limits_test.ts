/** Cloudflare's limits for a sweep in its object: workerd enforces none of them. */
import { assert, assertEquals } from "@std/assert";
import { createTestAccount } from "./account/sweep_account.ts";
import { createTable } from "./sample.ts";
import { splitCredentials } from "./split_credentials.ts";

/** The most that one value in an object's tables may have, in bytes. */
const largestValue = 2_000_000;

/** The most that `createBatch` starts at once. */
const largestBatch = 100;

Deno.test("A sweep starts 1,000 rotations that are due, and what is kept of it fits into its object", async () => {
  await using account = createTestAccount();
  const names = Array.from({ length: 1000 }, (_, index) => `ci-deploy-${index}`);
  let largest = 0;
  account.fail = (_statement, values) => {
    const sizes = values.map((value) => typeof value === "string" ? value.length : 0);
    largest = Math.max(largest, ...sizes);
    return Math.max(...sizes) > largestValue ? "string or blob too big: SQLITE_TOOBIG" : undefined;
  };
  await account.sweep({
    ...splitCredentials(names.map((name) => createTable(name, { scope: ["write"] }))),
    FUSE: { creates: 1000, deletes: 2000 },
  });
  const started = account.started.flat().map(({ credential }) => credential);
  assertEquals([started.length, new Set(started)], [1000, new Set(names)]);
  assert(account.started.every(({ length }) => length <= largestBatch));
  const last = account.sweeps.last();
  assertEquals([last?.error, last?.report?.started.length, last?.report?.decisions.length], [
    null,
    1000,
    1000,
  ]);
  assertEquals(account.lines.map(({ event }) => event), ["sweep_done"]);
  assert(largest < largestValue / 4, `A value has ${largest} characters`);
});

Deno.test("A sweep takes as many transactions for 300 rotations that are due as for one", async () => {
  const counts: number[] = [];
  for (const due of [1, 300]) {
    await using account = createTestAccount();
    const names = Array.from({ length: due }, (_, index) => `ci-${index}`);
    await account.sweep({
      ...splitCredentials(names.map((name) => createTable(name, { scope: ["write"] }))),
      FUSE: { creates: due },
    });
    assertEquals(account.started.flat().length, due);
    counts.push(account.counts.transactions);
  }
  assertEquals(counts[0], counts[1]);
});
