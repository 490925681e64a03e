/**
 * What JSR makes of a package for npm: each module compiled, its declarations beside it, and one list
 * of dependencies for the whole package.
 *
 * @see https://jsr.io/docs/npm-compatibility
 * @module
 */
import { createTarGzip, type TarFileInput } from "nanotar";
import ts from "typescript";
import { exportsOf, type Files } from "./jsr.ts";

/** A package for npm. */
export interface NpmPackage {
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly tgz: Uint8Array<ArrayBuffer>;
}

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.ESNext,
  declaration: true,
  isolatedDeclarations: true,
  verbatimModuleSyntax: true,
};

/** Makes the npm form. */
export async function toNpm(name: string, version: string, files: Files): Promise<NpmPackage> {
  const dependencies = new Map<string, string>();
  const out: TarFileInput[] = [];
  const add = (path: string, data: string | Uint8Array) =>
    void out.push({ name: `package${path}`, data });
  for (const [path, bytes] of files) {
    add(path, bytes);
    if (!path.endsWith(".ts")) continue;
    const source = new TextDecoder().decode(bytes);
    const transpile = { compilerOptions: options, fileName: path };
    const compiled = ts.transpileModule(source, transpile).outputText;
    const declared = ts.transpileDeclaration(source, transpile).outputText;
    add(path.replace(/\.ts$/, ".js"), point(compiled, ".js", dependencies));
    add(`/_dist${path.replace(/\.ts$/, ".d.ts")}`, point(declared, ".d.ts", dependencies));
  }
  const manifest = {
    name: toNpmName(name),
    version,
    type: "module",
    dependencies: Object.fromEntries([...dependencies].toSorted()),
    exports: Object.fromEntries(
      Object.entries(exportsOf(files)).map(([entry, path]) => [entry, {
        types: path.replace(/^\./, "./_dist").replace(/\.ts$/, ".d.ts"),
        default: path.replace(/\.ts$/, ".js"),
      }]),
    ),
  };
  add("/package.json", JSON.stringify(manifest));
  return { manifest, tgz: new Uint8Array(await createTarGzip(out)) };
}

const toNpmName = (name: string) => `@jsr/${name.slice(1).replace("/", "__")}`;

/** Every specifier of a module, where it is a string of its own after `from`, `import` or `import(`. */
const specifiers = /((?:\bfrom|\bimport)\s*\(?\s*)"([^"\n]+)"/g;

/** Points the specifiers of a compiled module to where npm finds them, and notes the packages. */
function point(code: string, extension: string, dependencies: Map<string, string>): string {
  return code.replaceAll(specifiers, (whole, before, specifier) => {
    if (/^\.{1,2}\//.test(specifier)) {
      return `${before}"${specifier.replace(/\.ts$/, extension)}"`;
    }
    const [, registry, name, version, path = ""] =
      /^(npm|jsr):\/?((?:@[^/]+\/)?[^@/]+)(?:@([^/]+))?(\/.*)?$/.exec(specifier) ?? [];
    if (name === undefined) return whole;
    const installed = registry === "jsr" ? toNpmName(name) : name;
    dependencies.set(installed, version ?? "*");
    return `${before}"${installed}${path}"`;
  });
}
