/**
 * What is wrong with tables of credentials only when they are seen together.
 *
 * @module
 */
import { herokuConfigVar } from "../../lib/targets/heroku_config_var.ts";
import { store } from "../../lib/targets/store.ts";
import type { AccountDraft } from "./accounts.ts";
import type { CredentialDraft } from "./credentials.ts";
import { isVariable, RESERVED_SECRETS } from "./stray.ts";
import { joinPath, type Mistake } from "./mistakes.ts";

/** The one kind of target that may work with the token that manages the account. */
const AT_HEROKU = herokuConfigVar.type;

/** Finds what is wrong only when the tables are seen together. */
export function findConflicts(
  drafts: readonly CredentialDraft[],
  accounts: readonly AccountDraft[],
): Mistake[] {
  const ofAccounts = new Set(accounts.map(({ tokenSecret }) => tokenSecret));
  return [
    ...findSameNames(drafts),
    ...findSamePlaces(drafts),
    ...findMisusedSecrets(drafts, ofAccounts),
  ];
}

/**
 * Two names that differ only in case are refused as well: a reader of a log or of a URL would mix
 * them up.
 */
function findSameNames(drafts: readonly CredentialDraft[]): Mistake[] {
  return findRepeated(
    drafts.filter(({ name }) => name !== undefined),
    ({ name }) => name?.toLowerCase() ?? "",
    (draft, first) => ({
      path: joinPath(draft.path, ["name"]),
      message: draft.name === first.name
        ? `Must be another name than that of ${first.path}`
        : `Must differ from that of ${first.path} in more than case`,
    }),
  );
}

function findSamePlaces(drafts: readonly CredentialDraft[]): Mistake[] {
  const targets = drafts.flatMap((draft) => draft.targets);
  const byPlace = Map.groupBy(
    drafts.flatMap((draft) => draft.targets.map((target) => ({ draft, target }))),
    // Each credential has a place of its own in the store.
    ({ draft, target }) => target.type === store.type ? `${draft.path} store` : target.place,
  );
  const same = new Map(
    [...byPlace.values()].flatMap(([first, ...others]) =>
      others.map(({ target }) => [target, first.target] as const)
    ),
  );
  const overlapping = targets.filter(({ overlaps }) => overlaps !== undefined);
  return targets.flatMap((target) => {
    const first = same.get(target) ??
      overlapping.slice(0, Math.max(0, overlapping.indexOf(target)))
        .find((earlier) => target.overlaps?.(earlier));
    if (!first) return [];
    const why = first.place === target.place
      ? `both write ${target.place}`
      : `${target.place} and ${first.place} are one place, or one is a part of the other`;
    return [{ path: target.path, message: `Must write another place than ${first.path}: ${why}` }];
  });
}

function findMisusedSecrets(
  drafts: readonly CredentialDraft[],
  ofAccounts: ReadonlySet<string>,
): Mistake[] {
  const targets = drafts.flatMap((draft) => draft.targets);
  const users = new Map(
    targets.filter(({ type }) => type !== store.type).toReversed().flatMap((target) =>
      target.secrets.map(({ name }) => [name, target.path] as const)
    ),
  );
  return targets.flatMap(({ type, secrets }) =>
    secrets.flatMap(({ name, path }): Mistake[] => {
      if (isVariable(name)) {
        const message = `Must name a Worker secret, and '${name}' is a variable or a binding`;
        return [{ path, message }];
      }
      if (RESERVED_SECRETS.includes(name) || (ofAccounts.has(name) && type !== AT_HEROKU)) {
        const message =
          `Must not use the Worker secret '${name}', which is for the Worker itself: make another one for this target`;
        return [{ path, message }];
      }
      const user = type === store.type ? users.get(name) : undefined;
      if (user === undefined) return [];
      const message =
        `Must have a secret of its own, as its readers would know what ${user} uses: make a key with \`openssl rand -hex 32\`, and set it under another name`;
      return [{ path, message }];
    })
  );
}

function findRepeated<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  describe: (item: Item, first: Item) => Mistake,
): Mistake[] {
  return [...Map.groupBy(items, keyOf).values()].flatMap(([first, ...others]) =>
    others.map((item) => describe(item, first))
  );
}
