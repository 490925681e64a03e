/**
 * One wrong line in a right configuration, and what has to be said of it.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { targets as definitions } from "../../../lib/targets/registry.ts";
import {
  type ConfigurationResult,
  parseConfiguration,
} from "../../../worker/config/configuration.ts";
import type { Mistake } from "../../../worker/config/mistakes.ts";
import { canary, createEnv, createTable, type Env } from "../sample.ts";

/** Parses an `env` with all built-in targets. */
export function parse(env: Env): ConfigurationResult {
  const store = { serve: () => Promise.resolve(true), read: () => Promise.resolve(undefined) };
  return parseConfiguration(env, definitions, {
    fetch,
    now: Date.now,
    store,
    bindings: true,
  });
}

/** An `env` whose one credential has these members. */
export function withMembers(members: Env): Env {
  return createEnv({ CREDENTIALS: [createTable("ci", members)] });
}

/** A target. */
export const gitHub = { type: "github-actions-secret", repository: "acme/web", name: "KEY" };

/** An `env` whose one target has these changes, and further secrets. */
export function withTarget(changes: Env, env: Env = {}): Env {
  return {
    ...withMembers({ targets: [{ ...gitHub, ...changes }] }),
    GITHUB_TOKEN: `ghp_${canary}`,
    ...env,
  };
}

/** A webhook that is signed with the secret of this name, which is its host as well. */
export const hook = (name: string) => ({
  type: "webhook",
  url: `https://${name}.example`,
  signing_secret: name,
});

/** The store, with the secret of this name. */
export const reader = (reader_key_secret: string) => ({ type: "store", reader_key_secret });

/** One wrong line, and what is to be said: where, and of the message the part that helps. */
export type Row = readonly [env: Env, path: string, says: string];

/** Demands that each row has the one mistake, or the one warning, that it should. */
function check(rows: readonly Row[], list: (result: ConfigurationResult) => readonly Mistake[]) {
  for (const [env, path, says] of rows) {
    const found = list(parse(env));
    assertEquals(found.map((one) => one.path), [path], JSON.stringify(found));
    assertStringIncludes(found[0].message, says);
    assert(/^[A-Z'].*[^.]$/su.test(found[0].message), found[0].message);
    assert(!JSON.stringify(found).includes(canary), "A secret's value was repeated");
  }
}

/** Demands that each row has the one mistake that it should. */
export function checkMistakes(rows: readonly Row[]) {
  check(rows, (result) => result.ok ? [] : result.mistakes);
}

/** Demands that each row is taken, with the one warning that it should have. */
export function checkWarnings(rows: readonly Row[]) {
  check(rows, (result) => {
    assert(result.ok, JSON.stringify(result));
    return result.warnings;
  });
}
