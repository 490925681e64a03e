/**
 * `herotate`, the command line: `deno run -A jsr:@herotate/herotate/cli`. It runs on Deno, on Node
 * from 20.12 on, and on Bun. `herotate help` says what it does.
 *
 * This entry exports nothing: who loads it runs it.
 *
 * @module
 */
import "./older_node.ts";
import process from "node:process";
import { createProcessWorld } from "./process_world.ts";
import { run } from "./run.ts";

process.exitCode = await run(createProcessWorld());
