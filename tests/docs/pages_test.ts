import { assert, assertEquals } from "@std/assert";
import { PAGES, readPage, ROOT } from "./pages.ts";

/** The longest that the landing page may be, in lines. */
const LONGEST = 150;

/** What a heading is called in a link, as GitHub does it. */
const toAnchor = (title: string) =>
  title.toLowerCase().replaceAll(/[^\w\s-]/g, "").trim().replaceAll(" ", "-");

function anchorsOf(page: string): Set<string> {
  return new Set([...page.matchAll(/^#+ (.*)$/gm)].map(([, title]) => toAnchor(title)));
}

/** The sources of the Worker, as one text. */
async function readSources(folder: URL): Promise<string> {
  const texts = await Array.fromAsync(Deno.readDir(folder), async ({ name, isDirectory }) => {
    if (isDirectory) return await readSources(new URL(`${name}/`, folder));
    return name.endsWith(".ts") ? await Deno.readTextFile(new URL(name, folder)) : "";
  });
  return texts.join("\n");
}

/** The pages of a folder and those below, but for what others wrote and what is made. */
async function pagesIn(folder: URL): Promise<URL[]> {
  const found = await Array.fromAsync(Deno.readDir(folder), async ({ name, isDirectory }) => {
    if (isDirectory) {
      const isOurs = !name.startsWith(".") && name !== "node_modules" && name !== "dist";
      return isOurs ? await pagesIn(new URL(`${name}/`, folder)) : [];
    }
    return name.endsWith(".md") ? [new URL(name, folder)] : [];
  });
  return found.flat();
}

/** The names in the first column of the table below a heading. */
function namesBelow(page: string, heading: string): string[] {
  const section = page.split(`${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  return [...section.matchAll(/^\| (`[^|]*)\|/gm)]
    .flatMap(([, cell]) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name));
}

Deno.test("the landing page has at most 150 lines", async () => {
  const lines = (await readPage("README.md")).trimEnd().split("\n").length;
  assert(lines <= LONGEST, `README.md has ${lines} lines`);
});

Deno.test("every page there is is held by these tests", async () => {
  const found = (await pagesIn(ROOT)).map((url) => url.href.slice(ROOT.href.length));
  assertEquals(found.toSorted(), PAGES.toSorted());
});

for (const path of PAGES) {
  Deno.test(`the links of ${path} lead somewhere`, async () => {
    const page = await readPage(path);
    const links = [...page.replaceAll(/```.*?```/gs, "").matchAll(/\]\(([^)\s]+)\)/g)];
    for (const [, link] of links.filter(([, link]) => !/^https?:/.test(link))) {
      const [file, anchor] = link.split("#");
      const target = file === "" ? new URL(path, ROOT) : new URL(file, new URL(path, ROOT));
      const info = await Deno.stat(target).catch(() => undefined);
      assert(info, `'${link}' leads nowhere`);
      if (anchor === undefined) continue;
      const anchors = anchorsOf(await Deno.readTextFile(target));
      assert(anchors.has(anchor), `'${link}' names no heading`);
    }
  });
}

Deno.test("the files that the pages name are there", async () => {
  for (const path of PAGES) {
    const page = await readPage(path);
    for (const [, file] of page.matchAll(/`((?:lib|worker|tests)\/[\w/.]*)`/g)) {
      const info = await Deno.stat(new URL(file, ROOT)).catch(() => undefined);
      assert(info, `${path} names '${file}', which is not there`);
    }
  }
});

Deno.test("the variables and secrets that the pages name are known to the code", async () => {
  const code = await readSources(new URL("worker/", ROOT)) +
    await readSources(new URL("lib/", ROOT)) + await readPage("wrangler.toml");
  for (const path of ["README.md", "worker/README.md", "lib/targets/README.md", "SECURITY.md"]) {
    const page = await readPage(path);
    for (const [, name] of page.matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)) {
      assert(code.includes(name), `${path} names '${name}', which nothing reads`);
    }
  }
});

Deno.test("the table of health has every kind there is", async () => {
  const code = await readSources(new URL("worker/", ROOT));
  const [, union] = /export type HealthReasonKind =(.*?);/s.exec(code) ?? [];
  const kinds = [...union.matchAll(/"(\w+)"/g)].map(([, kind]) => kind);
  const named = namesBelow(await readPage("worker/README.md"), "## Health");
  assertEquals(named.toSorted(), kinds.toSorted());
});

Deno.test("the table of the log has every event there is", async () => {
  const code = await readSources(new URL("worker/", ROOT));
  const events = code.matchAll(/\blog(?:\.(?:info|warn|error)|\[[^;]*?\])\(\s*"(\w+)"/g);
  const logged = new Set([...events].map(([, event]) => event));
  const named = new Set(namesBelow(await readPage("worker/README.md"), "## The log"));
  assertEquals([...named].toSorted(), [...logged].toSorted());
});

Deno.test("the gate runs for every change, and a tag publishes with its provenance", async () => {
  const gate = await readPage(".github/workflows/ci.yml");
  const publish = await readPage(".github/workflows/publish.yml");
  assert(gate.includes("run: .ci/run"), "The gate is not run");
  assert(publish.includes("id-token: write"), "JSR cannot know who publishes");
  assert(/tags: \["v\*"\]/.test(publish), "Something else than a tag publishes");
});
