import { assertEquals } from "@std/assert";
import { createProgress } from "./progress.ts";

function watch(isTerminal: boolean) {
  const written: string[] = [];
  let now = 0;
  const progress = createProgress({
    total: 100,
    isTerminal,
    now: () => now,
    write: (text) => written.push(text),
  });
  return { progress, written, wait: (ms: number) => now += ms };
}

Deno.test("createProgress() says what share is done and how long is left", () => {
  const { progress, written, wait } = watch(true);
  progress.add(0);
  wait(60_000);
  progress.add(25);
  progress.add(0.5);
  wait(600_000);
  progress.add(24.5);
  wait(3_600_000);
  progress.add(10);
  assertEquals(written, [
    "\r\x1b[K0.0 % done, no one knows how long left",
    "\r\x1b[K25.0 % done, 3 min left",
    "\r\x1b[K25.5 % done, 3 min left",
    "\r\x1b[K50.0 % done, 11 min left",
    "\r\x1b[K60.0 % done, 47 min left",
  ]);
});

Deno.test("createProgress() writes at most a line every 30 seconds where it is no terminal", () => {
  const { progress, written, wait } = watch(false);
  for (let second = 0; second < 65; second++) {
    progress.add(1);
    wait(1000);
  }
  progress.say("A violation");
  progress.end();
  assertEquals(written, [
    "1.0 % done, less than a minute left\n",
    "31.0 % done, 1 min left\n",
    "61.0 % done, less than a minute left\n",
    "A violation\n",
  ]);
});

Deno.test("createProgress() keeps what is said above its line", () => {
  const { progress, written } = watch(true);
  progress.say("A violation");
  progress.end();
  assertEquals(written, [
    "\r\x1b[KA violation\n",
    "0.0 % done, no one knows how long left",
    "\r\x1b[K",
  ]);
});
