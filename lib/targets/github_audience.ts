/**
 * Who may see an organization's secret: a write replaces that too, so it is read and sent along.
 *
 * @module
 */
import * as v from "valibot";
import type { GitHubSend } from "./github_client.ts";
import { VISIBILITIES } from "./github_config.ts";
import type { Answer } from "./request.ts";
import { TargetError } from "./target.ts";

/** The members of a write that say who may see the secret. */
export interface GitHubAudience {
  /** Which repositories. */
  readonly visibility: typeof VISIBILITIES[number];
  /** The selected ones. */
  readonly selected_repository_ids?: readonly (number | string)[];
}

const organizationSecret = v.object({ visibility: v.picklist(VISIBILITIES) });
const repositories = v.object({
  total_count: v.number(),
  repositories: v.array(v.object({ id: v.number() })),
});

/**
 * Reads who may see a secret.
 *
 * @param path The path to the organization's secrets.
 * @param wanted What a secret that is not there yet gets.
 * @param place The secret in words, for the message.
 * @throws {TargetError} When GitHub does not list all selected repositories: those left out would lose
 * the secret.
 */
export async function readAudience(
  send: GitHubSend,
  path: readonly string[],
  name: string,
  wanted: GitHubAudience["visibility"],
  place: string,
): Promise<GitHubAudience> {
  const look = () => send({ method: "GET", path: [...path, name], expected: [200, 404] });
  const first = await look();
  // One odd answer would take the secret from all who may see it, so it is asked for again.
  const present = first.status === 404 ? await look() : first;
  if (present.status === 404) {
    return wanted === "selected"
      ? { visibility: wanted, selected_repository_ids: [] }
      : { visibility: wanted };
  }
  const { visibility } = present.read(organizationSecret, "the secret's visibility");
  if (visibility !== "selected") return { visibility };
  const selected = await readSelected(send, [...path, name, "repositories"], place);
  return { visibility, selected_repository_ids: selected };
}

/**
 * The audience in the form that a refusal asks for: Dependabot's store takes the ids as texts in some
 * versions of GitHub, and as numbers in others.
 */
export function respellAudience(
  audience: Partial<GitHubAudience>,
  refusal: Answer,
): Partial<GitHubAudience> {
  const { selected_repository_ids: ids } = audience;
  const wantsTexts = /selected_repository_ids.+not of type \W*string/.test(
    JSON.stringify(refusal.body) ?? "",
  );
  return ids && wantsTexts ? { ...audience, selected_repository_ids: ids.map(String) } : audience;
}

/**
 * Gives a secret its selected repositories back where a write has lost some of them.
 *
 * @returns The answer to what was written last, or undefined where nothing was.
 */
export async function restoreAudience(
  send: GitHubSend,
  path: readonly string[],
  name: string,
  { selected_repository_ids: ids = [] }: Partial<GitHubAudience>,
): Promise<Answer | undefined> {
  if (ids.length === 0) return undefined;
  const list = [...path, name, "repositories"];
  const answer = await send({ method: "GET", path: list, page: 1, expected: [200] });
  const { total_count } = answer.read(repositories, "the secret's repositories");
  if (total_count >= ids.length) return undefined;
  const body = JSON.stringify({ selected_repository_ids: ids });
  return await send({ method: "PUT", path: list, body, expected: [204, 200, 202] });
}

async function readSelected(
  send: GitHubSend,
  path: readonly string[],
  place: string,
): Promise<number[]> {
  const selected = new Set<number>();
  let total: number | undefined;
  for (let page = 1; total === undefined || selected.size < total; page++) {
    const answer = await send({ method: "GET", path, page, expected: [200] });
    const listed = answer.read(repositories, "the secret's repositories");
    if (total !== undefined && total !== listed.total_count) {
      throw new TargetError(
        "unavailable",
        `Cannot deliver to the ${place} because someone is changing its selected repositories: try again`,
      );
    }
    total = listed.total_count;
    const known = selected.size;
    for (const { id } of listed.repositories) selected.add(id);
    if (selected.size === known) break;
  }
  if (total !== undefined && selected.size === total) return [...selected];
  throw new TargetError(
    "forbidden",
    `Cannot deliver to the ${place} because GitHub lists ${selected.size} of the ${total} repositories that may see it, and the others would lose it: give the token or app access to all of them`,
  );
}
