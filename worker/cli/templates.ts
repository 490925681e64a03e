/**
 * The files of a folder that deploys a Worker.
 *
 * @module
 */
import { WRANGLER } from "./wrangler_version.ts";

/** The version of this package: a new folder takes it, or a newer one that is compatible. */
export const VERSION = "0.1.0";

/** The newest behaviour of Cloudflare's that the tests have run with. */
export const COMPATIBILITY_DATE = "2026-10-01";

/** What a folder is made for. */
export interface FolderOptions {
  /** The Worker's name. */
  readonly name: string;
  /** Whether it is for Node and npm, without Deno. */
  readonly npm: boolean;
}

/** Writes the files, by their paths. */
export function createFiles({ name, npm }: FolderOptions): Readonly<Record<string, string>> {
  return {
    "wrangler.toml": toWranglerToml(name, npm),
    "worker.ts": WORKER,
    ".dev.vars.example": DEV_VARS,
    ".gitignore": "node_modules\ndist/\n.wrangler/\n.dev.vars*\n!.dev.vars.example\n",
    ...(npm
      ? { "package.json": PACKAGE, "tsconfig.json": TSCONFIG, ".npmrc": NPMRC }
      : { "deno.json": DENO }),
  };
}

const WORKER =
  `/** The whole Worker. To add targets or credentials in code, see createWorker() in the package. */
export { Account, default, RotationWorkflow } from "@herotate/herotate/worker";
`;

const DEV_VARS = `# Copy this to .dev.vars, which stays on this machine. Never commit that.
# The token that manages your authorizations: heroku authorizations:create -d herotate
HEROKU_API_TOKEN=
# Encrypts the tokens in the ledger: openssl rand -base64 32
SEALING_KEY=
# Opens the page, as its password: openssl rand -hex 32
PAGE_KEY=
`;

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

const DENO = json({
  nodeModulesDir: "auto",
  imports: {
    "@herotate/herotate": `jsr:@herotate/herotate@^${VERSION}`,
    wrangler: `npm:${WRANGLER}`,
  },
  tasks: {
    herotate: "deno run -A @herotate/herotate/cli",
    deploy: "deno task herotate deploy",
    wrangler: `deno run -A npm:${WRANGLER}`,
  },
});

const PACKAGE = json({
  private: true,
  type: "module",
  engines: { node: ">=22" },
  scripts: {
    herotate: "node node_modules/@herotate/herotate/worker/cli/main.js",
    check: "tsc",
  },
  // "Deploy to Cloudflare" asks for these, and shows the words.
  cloudflare: {
    bindings: {
      HEROKU_API_TOKEN: { description: "heroku authorizations:create -d herotate" },
      SEALING_KEY: { description: "Encrypts the tokens in the ledger: openssl rand -base64 32" },
      PAGE_KEY: { description: "Opens the page, as its password: openssl rand -hex 32" },
    },
  },
  dependencies: {
    "@herotate/herotate": `npm:@jsr/herotate__herotate@^${VERSION}`,
  },
  devDependencies: {
    "@cloudflare/workers-types": "^5",
    typescript: "^5.9",
    wrangler: WRANGLER.split("@")[1],
  },
});

/** The package is in JSR, which serves it to npm as well. */
const NPMRC = "@jsr:registry=https://npm.jsr.io\n";

const TSCONFIG = json({
  compilerOptions: {
    target: "ESNext",
    module: "ESNext",
    moduleResolution: "Bundler",
    lib: ["ESNext"],
    types: ["@cloudflare/workers-types"],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
  },
  include: ["worker.ts"],
});

/** esbuild inside wrangler knows no jsr: specifiers; Deno's bundler does. */
const BUNDLED = `main = "dist/worker.js"
no_bundle = true

[build]
command = "deno bundle --quiet --minify --platform=browser --external=cloudflare:* --output=dist/worker.js worker.ts"
`;

function toWranglerToml(name: string, npm: boolean): string {
  return `name = ${JSON.stringify(name)}
compatibility_date = "${COMPATIBILITY_DATE}"
workers_dev = true
${npm ? 'main = "worker.ts"\n' : BUNDLED}
[triggers]
crons = ["*/15 * * * *"]

# One object for each Heroku account: its ledger, its lock, and the place where its sweep runs.
[[durable_objects.bindings]]
name = "ACCOUNT"
class_name = "Account"

[[migrations]]
tag = "v1"
new_sqlite_classes = ["Account"]

[[workflows]]
name = ${JSON.stringify(`${name}-rotation`)}
binding = "ROTATION"
class_name = "RotationWorkflow"

[observability]
enabled = true

# Add those that your targets need. A deployment without one of them is refused.
[secrets]
required = ["HEROKU_API_TOKEN", "SEALING_KEY", "PAGE_KEY"]

[vars]
# Sweeps only look, decide and show what they would do. Remove this to have it done.
OBSERVE = true

# What to keep alive, and where it is used. \`herotate inventory --adopt\` writes such tables.
# [[vars.CREDENTIALS]]
# name = "ci-deploy"              # the description of the authorization in Heroku
# scope = ["write-protected"]
# expires_in = "30d"
# grace = "2h"                    # how long the old token lives on
#
# [[vars.CREDENTIALS.targets]]
# type = "heroku-config-var"
# app = "acme-web"
# name = "HEROKU_API_KEY"
`;
}
