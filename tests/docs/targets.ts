/**
 * The reference of targets in lib/targets/README.md, made from their docs:
 * `deno run -A tests/docs/targets.ts` writes it, and a test holds the page against it.
 *
 * @module
 */
import { store } from "../../lib/targets/store.ts";
import { targets } from "../../lib/targets/registry.ts";

const root = new URL("../../", import.meta.url);
const folder = new URL("lib/targets/", root);
const begin = "<!-- targets: written by tests/docs/targets.ts -->";
const end = "<!-- end of targets -->";

interface JsDoc {
  readonly doc?: string;
  readonly tags?: readonly {
    readonly kind: string;
    readonly value?: string;
    readonly doc?: string;
  }[];
}

interface Declaration {
  readonly kind: string;
  readonly jsDoc?: JsDoc;
  readonly def?: {
    readonly properties?: readonly {
      readonly name: string;
      readonly jsDoc?: JsDoc;
    }[];
    readonly tsType?: { readonly value?: { readonly typeParams?: readonly { repr: string }[] } };
  };
}

/** Reads the docs of every file of targets: each symbol with its declaration. */
async function readDocs(): Promise<Map<string, Declaration>> {
  const files = [...Deno.readDirSync(folder)].filter(({ name }) =>
    name.endsWith(".ts") && name !== "mod.ts"
  )
    .map(({ name }) => new URL(name, folder).pathname);
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", ...files],
    stderr: "null",
  }).output();
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout)) as {
    nodes: Record<string, { symbols: { name: string; declarations: Declaration[] }[] }>;
  };
  return new Map(
    Object.values(nodes).flatMap(({ symbols }) =>
      symbols.map(({ name, declarations }) => [name, declarations[0]] as const)
    ),
  );
}

/** What a member is, and what it is by default. */
function describeMember({ doc = "", tags = [] }: JsDoc = {}): string {
  const defaults = tags.filter(({ kind }) => kind === "default")
    .map(({ value, doc }) => `Default: ${value}${doc ? ` (${doc})` : ""}.`);
  return [doc.trim(), ...defaults].join(" ");
}

/** Writes the reference. */
export async function renderTargets(): Promise<string> {
  const docs = await readDocs();
  const configurations = new Map<string, string>();
  const sections = [store, ...targets].map(({ type }) => {
    const name = type.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
    const declaration = docs.get(name);
    const doc = declaration?.jsDoc?.doc;
    if (!declaration || !doc) throw new Error(`No docs of '${name}', the target '${type}'`);
    const configuration = declaration.def?.tsType?.value?.typeParams?.[0].repr ?? "";
    const first = configurations.get(configuration);
    configurations.set(configuration, first ?? type);
    const members = docs.get(configuration)?.def?.properties ?? [];
    const facts = doc.slice(doc.indexOf("- **")).trimEnd().split(/\n(?=- )/)
      .filter((fact) => !fact.startsWith("- **Configuration**"));
    return [
      `### \`${type}\``,
      doc.split("\n\n")[0],
      [
        ...(first
          ? [`- The members are those of \`${first}\`.`]
          : members.map(({ name, jsDoc }) => `- \`${name}\`: ${describeMember(jsDoc)}`)),
        ...facts,
      ].join("\n"),
    ].join("\n\n");
  });
  const text = sections.join("\n\n")
    .replaceAll(/\{@linkcode (\w+)\}/g, "`$1`");
  return `${begin}\n\n${text}\n\n${end}`;
}

/** The page's present reference. */
export function findTargets(page: string): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < 0) throw new Error(`lib/targets/README.md lacks '${begin}' or '${end}'`);
  return page.slice(from, to + end.length);
}

if (import.meta.main) {
  const path = new URL("README.md", folder);
  const page = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, page.replace(findTargets(page), await renderTargets()));
}
