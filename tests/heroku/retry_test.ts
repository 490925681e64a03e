import { assert, assertEquals, assertRejects } from "@std/assert";
import { abortable, chooseWait, MAX_RETRY_AFTER } from "../../lib/heroku/retry.ts";

Deno.test("chooseWait() does as the server asks, up to a maximum", () => {
  assertEquals(chooseWait(9, 0), 0);
  assertEquals(chooseWait(0, MAX_RETRY_AFTER), MAX_RETRY_AFTER);
  assertEquals(chooseWait(0, MAX_RETRY_AFTER + 1), undefined);
});

Deno.test("chooseWait() spreads over a bound that doubles from 500 ms to 10 s", () => {
  for (const [attempt, bound] of [[0, 500], [1, 1000], [2, 2000], [5, 10_000], [5000, 10_000]]) {
    const waits = Array.from({ length: 500 }, () => chooseWait(attempt, undefined) ?? NaN);
    assert(waits.every((wait) => wait >= 0 && wait <= bound), `${attempt}`);
    assert(Math.min(...waits) < bound / 4 && Math.max(...waits) > bound * 0.75, `${attempt}`);
  }
});

Deno.test("abortable() rejects with the very reason, before work that never ends", async () => {
  const reason = { any: "thing" };
  const early = new AbortController();
  early.abort(reason);
  const late = new AbortController();
  const pending = new Promise<void>(() => {});
  queueMicrotask(() => late.abort(reason));
  for (const { signal } of [early, late]) {
    assertEquals(await abortable(pending, signal).catch((thrown) => thrown === reason), true);
  }
});

Deno.test("abortable() settles as the work does", async () => {
  const { signal } = new AbortController();
  assertEquals(await abortable(Promise.resolve(5), signal), 5);
  await assertRejects(() => abortable(Promise.reject(new RangeError("no")), signal), RangeError);
});

Deno.test("abortable() leaves no listener on the signal", async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  signal.addEventListener = () => listeners++;
  signal.removeEventListener = () => listeners--;
  await abortable(Promise.resolve(), signal);
  await abortable(Promise.reject(new Error("no")), signal).catch(() => {});
  assertEquals(listeners, 0);
});
