/**
 * The way of a newcomer: an empty folder, `init`, `check`, `plan`, a Worker in workerd, `status`. Each
 * command is a process of its own that runs the package as it was published.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parse } from "smol-toml";
import { keys, startWorker, until } from "../worker/harness.ts";
import { herotate as init } from "../worker/cli/command_line.ts";

/** How a folder is worked with. */
export interface Way {
  /** The folder; it is made new. */
  readonly folder: URL;
  /** The arguments of `init`. */
  readonly init: readonly string[];
  /** The command that runs `herotate`. */
  readonly herotate: readonly string[];
  /** The commands that make the folder ready, and those that check the types. */
  readonly prepare: readonly (readonly string[])[];
  /** What the commands find in their environment besides their own. */
  readonly env: Readonly<Record<string, string>>;
}

/** What a command said, and how it ended. */
export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const credentials = `
[[vars.CREDENTIALS]]
name = "ci-deploy"
scope = ["write-protected"]
expires_in = "30d"

[[vars.CREDENTIALS.targets]]
type = "store"
reader_key_secret = "CI_READER_KEY"
`;

/** Goes the way; what was said on it is then in the folder's transcript.txt. */
export async function goTheWay(way: Way): Promise<void> {
  const { folder } = way;
  const cwd = folder.pathname;
  const transcript: string[] = [];
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(folder, { recursive: true });
  const run = async (
    [command, ...args]: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Said> => {
    const { code, stdout, stderr } = await new Deno.Command(command, {
      args,
      cwd,
      env: { NO_COLOR: "1", ...way.env, ...env },
    }).output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    transcript.push(`$ ${[command, ...args].join(" ")}\n${out}${err}(exit code ${code})`);
    return { code, stdout: out, stderr: err };
  };
  const herotate = (args: readonly string[], env?: Readonly<Record<string, string>>) =>
    run([...way.herotate, ...args], env);

  const written = await init(["init", ...way.init], { cwd });
  assertEquals({ code: written.code, stderr: written.stderr }, { code: 0, stderr: "" });
  transcript.push(`$ herotate init ${way.init.join(" ")}\n${written.stdout}`);
  for (const command of way.prepare) {
    const { code, stdout, stderr } = await run(command);
    assertEquals(code, 0, `${command.join(" ")}: ${stdout}${stderr}`);
  }
  const path = new URL("wrangler.toml", folder);
  const sample = await Deno.readTextFile(path);
  const empty = await herotate(["check"]);
  assertEquals(empty.code, 1, empty.stderr);
  assertStringIncludes(empty.stdout, "CREDENTIALS");

  const toml = sample.replace(/# \[\[vars\.CREDENTIALS\]\].*$/s, credentials)
    // The tests' wrangler does not run in the folder.
    .replace("[build]\n", `[build]\ncwd = ${JSON.stringify(cwd)}\n`);
  await Deno.writeTextFile(path, toml);
  const checked = await herotate(["check"]);
  assertEquals(checked.code, 0, checked.stdout);

  const { vars: { CREDENTIALS } } = parse(toml) as { vars: { CREDENTIALS: unknown[] } };
  await using worker = await startWorker({
    configPath: path,
    credentials: () => CREDENTIALS,
    vars: { OBSERVE: true },
  });
  const { heroku } = worker;
  heroku.issue({
    description: "ci-deploy",
    scope: ["write-protected"],
    created_at: heroku.now() - 25 * 86_400_000,
    expires_in: 30 * 86_400,
  });
  const env = {
    HEROKU_API_TOKEN: heroku.token,
    HEROKU_URL: worker.herokuUrl,
    PAGE_KEY: keys.page,
  };
  const planned = await herotate(["plan"], env);
  assertEquals(planned.code, 0, planned.stderr);
  assertStringIncludes(planned.stdout, "ci-deploy: would be rotated now (only observed)");

  await worker.cron();
  const askStatus = () => herotate(["status", "--url", worker.url.href], env);
  const observed = await askStatus();
  assertStringIncludes(observed.stdout, "ci-deploy: Observed");
  assertEquals(heroku.live().length, 1);

  await worker.reconfigure({ vars: { OBSERVE: false } });
  await worker.cron();
  await until("the first rotation is done", async () => {
    const { stdout } = await askStatus();
    return stdout.includes("generation 1") && stdout.includes("[x] store");
  });
  assertEquals(heroku.live().length, 2);
  const told = await herotate(["events", "--url", worker.url.href], env);
  for (const kind of ["adopted", "intended", "minted", "delivered", "confirmed", "promoted"]) {
    assertStringIncludes(told.stdout, ` ${kind}: ci-deploy`);
  }
  const verified = await herotate(["events", "verify", "--url", worker.url.href], env);
  assertEquals(verified.code, 0, verified.stdout + verified.stderr);
  const said = transcript.join("\n\n");
  assert(!said.includes(heroku.token), "A command printed the token");
  await Deno.writeTextFile(new URL("transcript.txt", folder), said);
}
