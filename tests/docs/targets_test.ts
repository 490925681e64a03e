import { assertEquals } from "@std/assert";
import { store } from "../../lib/targets/store.ts";
import { targets } from "../../lib/targets/registry.ts";
import { readPage } from "./pages.ts";
import { findTargets, renderTargets } from "./targets.ts";

/** Text as a formatter leaves it alone: without the breaks of its lines. */
const flow = (text: string) => text.replaceAll(/\s+/g, " ");

Deno.test("the reference of targets is what their docs say", async () => {
  const page = await readPage("lib/targets/README.md");
  assertEquals(flow(findTargets(page)), flow(await renderTargets()));
});

Deno.test("README.md's table names every target with its strongest proof", async () => {
  const page = await readPage("README.md");
  const rows = [
    ...page.matchAll(/^\| \[?`([\w-]+)`.*?\| (exact|suffix|receipt|timestamp|existence)\b/gm),
  ].map(([, type, proof]) => [type, proof]);
  assertEquals(
    rows.toSorted(),
    [store, ...targets].map(({ type, proof }): string[] => [type, proof]).toSorted(),
  );
});
