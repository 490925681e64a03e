import { assertEquals } from "@std/assert";
import { store } from "../../lib/targets/store.ts";
import { targets } from "../../lib/targets/registry.ts";
import { findTargets, renderTargets } from "./targets.ts";

const readme = await Deno.readTextFile(new URL("../../README.md", import.meta.url));

/** Text as a formatter leaves it alone: without the breaks of its lines. */
const flow = (text: string) => text.replaceAll(/\s+/g, " ");

Deno.test("the README's reference of targets is what their docs say", async () => {
  assertEquals(flow(findTargets(readme)), flow(await renderTargets()));
});

Deno.test("the README's table names every target with its strongest proof", () => {
  const rows = [
    ...readme.matchAll(/^\| \[?`([\w-]+)`.*?\| (exact|suffix|receipt|timestamp|existence)\b/gm),
  ]
    .map(([, type, proof]) => [type, proof]);
  assertEquals(
    rows.sort(),
    [store, ...targets].map(({ type, proof }): string[] => [type, proof]).sort(),
  );
});

Deno.test("the README's links to its own sections lead somewhere", () => {
  const anchors = new Set(
    [...readme.matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
      title.toLowerCase().replaceAll(/[^\w\s-]/g, "").replaceAll(" ", "-")
    ),
  );
  for (const [, anchor] of readme.matchAll(/\]\(#([^)]+)\)/g)) {
    assertEquals([anchor, anchors.has(anchor)], [anchor, true]);
  }
});
