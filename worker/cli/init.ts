/**
 * `init`: writes a folder that deploys a Worker.
 *
 * @module
 */
import { lstat, mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { Failure } from "./failure.ts";
import { createFiles } from "./templates.ts";
import { toPrintable } from "./text.ts";
import type { ExitCode, Verb, World } from "./world.ts";
import { describe, isMissing } from "./wrangler_file.ts";

/** What the verb is told. */
export interface InitOptions {
  /** The Worker's name. */
  readonly name: string;
  /** Whether the folder is for Node and npm. */
  readonly npm?: boolean | undefined;
}

/** The verb. */
export const init: Verb = (program: Command, world, end) => {
  program.command("init")
    .summary("write a folder that deploys a Worker")
    .description(
      "Writes wrangler.toml, worker.ts, .dev.vars.example, .gitignore and deno.json. The Worker only observes until you say otherwise. Nothing that is there is overwritten.",
    )
    .argument("[folder]", "the folder", ".")
    .option("--name <name>", "the Worker's name", "herotate")
    .option("--npm", "for Node and npm, without Deno: package.json, tsconfig.json and .npmrc")
    .addHelpText("after", "\nExit codes: 0 written, 2 something is in the way.")
    .action(async (folder: string, options: InitOptions) => {
      end(await writeFolder(folder, options, world));
    });
};

/** What is next, with the command that runs `herotate`. */
const listNext = (herotate: string) => [
  "heroku authorizations:create -d herotate  # into .dev.vars as HEROKU_API_TOKEN",
  `${`${herotate} inventory --adopt`.padEnd(42)}# prints tables for wrangler.toml`,
  ...["check", "plan", "deploy"].map((verb) => `${herotate} ${verb}`),
];

const NEXT_WITH_DENO = listNext("deno task herotate");
const NEXT_WITH_NPM = ["npm install", ...listNext("npm run herotate --")];

/** Writes the folder: all of its files, or none where one is there already. */
export async function writeFolder(
  folder: string,
  { name, npm = false }: InitOptions,
  world: World,
): Promise<ExitCode> {
  if (!/^[a-z0-9](?:[a-z0-9-]{0,52}[a-z0-9])?$/.test(name)) {
    throw new Failure(
      "Cannot use that --name: it must be 1 to 54 lower-case letters, digits and hyphens, such as 'herotate'",
    );
  }
  const files = Object.entries(createFiles({ name, npm }));
  const root = resolve(world.cwd, folder);
  const present: string[] = [];
  for (const [path] of files) {
    if (await isThere(join(root, path))) present.push(path);
  }
  if (present.length > 0) {
    throw new Failure(
      `Cannot write into '${folder}' because it has ${
        present.join(", ")
      }, and nothing is overwritten: choose another folder`,
    );
  }
  try {
    await mkdir(root, { recursive: true });
    // One that has appeared meanwhile is not overwritten, either.
    for (const [path, text] of files) await writeFile(join(root, path), text, { flag: "wx" });
  } catch (error) {
    throw new Failure(`Cannot write into '${folder}': ${describe(error)}`);
  }
  world.stdout.write(
    [
      ...files.map(([path]) => `wrote ${toPrintable(join(folder, path))}`),
      "",
      "What is next:",
      ...(folder === "." ? [] : [`  cd ${folder}`]),
      ...(npm ? NEXT_WITH_NPM : NEXT_WITH_DENO).map((step) => `  ${step}`),
      "",
    ].join("\n"),
  );
  return 0;
}

/** A link that leads nowhere is there, too. */
async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw new Failure(`Cannot look at '${path}': ${describe(error)}`);
  }
}
