/**
 * `ALERTS`: where alerts go, and which.
 *
 * @module
 */
import { parseUrl } from "../../lib/parse_url.ts";
import { isSecureUrl } from "../../lib/secure_url.ts";
import type { Channel, ChannelDefinition, ChannelEnvironment, Sender } from "../alerts/channel.ts";
import { CHANNELS } from "../alerts/channels.ts";
import { SEVERITIES } from "../alerts/problems.ts";
import { findType, toMistakes } from "./issues.ts";
import { fromJson, isTable, joinPath, type Mistake, shorten, suggest } from "./mistakes.ts";
import { mayBeSecret } from "./secret_name.ts";
import { readSecret, type SecretNeed } from "./secrets.ts";

/** A channel as it is written. */
export interface ChannelDraft {
  /** Where it is, such as `ALERTS[0]`. */
  readonly path: string;
  /** Its name. */
  readonly name: string;
  /** Which problems it takes. */
  readonly takes: Channel["takes"];
  /** The secrets that it needs. */
  readonly needs: readonly SecretNeed[];
  /** Finds what is wrong with its binding. */
  readonly findBindingMistake: (env: Readonly<Record<string, unknown>>) => Mistake[];
  /** Makes what sends. */
  readonly create: (environment: ChannelEnvironment) => Sender;
}

/** The outcome. */
export interface AlertsResult {
  /** The channels that are right. */
  readonly channels: readonly ChannelDraft[];
  /** All that is wrong. */
  readonly mistakes: readonly Mistake[];
}

/** The names that a channel may choose among. */
export interface KnownNames {
  /** Those of the accounts. */
  readonly accounts: readonly string[];
  /** Those of the credentials. */
  readonly credentials: readonly string[];
}

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/;

/** How many channels there may be: each may take ten seconds at the end of a sweep. */
const MOST = 10;

/** Reads the channels. */
export function parseAlerts(value: unknown, known: KnownNames): AlertsResult {
  const tables = fromJson(value);
  if (tables === undefined) return { channels: [], mistakes: [] };
  const path = "ALERTS";
  if (!Array.isArray(tables)) {
    return {
      channels: [],
      mistakes: [{
        path,
        message:
          "Must be an array of tables: write [[vars.ALERTS]], with two brackets on each side, for each channel",
      }],
    };
  }
  const results = tables.map((table: unknown, at) => readTable(table, `${path}[${at}]`, known));
  const channels = results.flatMap(({ channel }) => channel ?? []);
  return {
    channels,
    mistakes: [
      ...results.flatMap(({ mistakes }) => mistakes),
      ...findRepeated(channels),
      ...(tables.length > MOST
        ? [{ path, message: `Has ${tables.length} channels: there may be ${MOST}` }]
        : []),
    ],
  };
}

/** Makes the channels whose secrets and bindings are right, whatever is wrong elsewhere. */
export function createChannels(
  drafts: readonly ChannelDraft[],
  env: Readonly<Record<string, unknown>>,
  dependencies: Pick<ChannelEnvironment, "fetch" | "now">,
): readonly Channel[] {
  const environment: ChannelEnvironment = {
    ...dependencies,
    secret: (name) => readSecret(env, name) ?? "",
    binding: (name) => env[name],
  };
  return drafts
    .filter(({ needs, findBindingMistake }) =>
      findBindingMistake(env).length === 0 &&
      needs.every(({ name, form }) => form.fits(readSecret(env, name) ?? ""))
    )
    .map(({ name, takes, create }) => ({ name, takes, ...create(environment) }));
}

interface TableResult {
  readonly channel?: ChannelDraft;
  readonly mistakes: readonly Mistake[];
}

function readTable(table: unknown, path: string, known: KnownNames): TableResult {
  if (!isTable(table)) {
    return { mistakes: [{ path, message: "Must be a table: write [[vars.ALERTS]] with 'type'" }] };
  }
  const { type, name = type, accounts, credentials, kinds, ...members } = table;
  const definition = CHANNELS.find((candidate) => candidate.type === type);
  const choices = [
    readChoice(accounts, joinPath(path, ["accounts"]), known.accounts),
    readChoice(credentials, joinPath(path, ["credentials"]), known.credentials),
    readChoice(kinds, joinPath(path, ["kinds"]), Object.keys(SEVERITIES)),
  ];
  const wrong = [
    ...choices.flatMap(({ mistakes }) => mistakes),
    ...(definition
      ? findNameMistake(name, path)
      : [findType(type, path, CHANNELS.map((each) => each.type))]),
  ];
  if (!definition) return { mistakes: wrong };
  const result = definition.schema["~standard"].validate(members);
  if (result instanceof Promise) throw new TypeError("No schema of a channel is asynchronous");
  const mistakes = [...wrong, ...toMistakes(result.issues ?? [], path, members)];
  if (result.issues || mistakes.length > 0 || typeof name !== "string") return { mistakes };
  const [ofAccounts, ofCredentials, ofKinds] = choices.map(({ chosen }) => chosen);
  return {
    channel: {
      ...draft(definition, result.value, path, name),
      takes: (account, problem) =>
        (ofAccounts?.includes(account) ?? true) &&
        (problem.credential === null || (ofCredentials?.includes(problem.credential) ?? true)) &&
        (ofKinds === undefined || problem.kinds.some((kind) => ofKinds.includes(kind))),
    },
    mistakes: [],
  };
}

function draft(
  definition: ChannelDefinition<unknown>,
  config: unknown,
  path: string,
  name: string,
): Omit<ChannelDraft, "takes"> {
  const members = new Map(isTable(config) ? Object.entries(config) : []);
  return {
    path,
    name,
    needs: definition.secrets.map(({ member, form }) => ({
      name: String(members.get(member)),
      form,
      door: `alerts ${name}`,
      use: `is used by the channel '${name}' of ALERTS`,
      path: joinPath(path, [member]),
    })),
    findBindingMistake: (env) => {
      const binding = env[String(members.get("binding"))];
      const message = definition.findBindingMistake?.(config, binding);
      return message === undefined ? [] : [{ path: joinPath(path, ["binding"]), message }];
    },
    create: (environment) => definition.create(config, environment),
  };
}

function findNameMistake(name: unknown, path: string): Mistake[] {
  return typeof name === "string" && NAME.test(name) ? [] : [{
    path: joinPath(path, ["name"]),
    message: "Must be a name of 1 to 32 lower-case letters, digits and hyphens, such as 'on-call'",
  }];
}

/** Reads which names are chosen; undefined for all. */
function readChoice(
  given: unknown,
  path: string,
  known: readonly string[],
): { readonly chosen: readonly string[] | undefined; readonly mistakes: readonly Mistake[] } {
  if (given === undefined) return { chosen: undefined, mistakes: [] };
  const isList = Array.isArray(given) && given.length > 0 &&
    given.every((each) => typeof each === "string");
  if (!isList) {
    const message = "Must be a list of names, one at least, or be left out for all";
    return { chosen: undefined, mistakes: [{ path, message }] };
  }
  return {
    chosen: given,
    mistakes: given.flatMap((name, at): Mistake[] =>
      known.includes(name) ? [] : [{
        path: joinPath(path, [at]),
        message: `${
          mayBeSecret(name) ? "What is written here" : `'${shorten(name)}'`
        } is none of them${suggest(name, known)}${
          known.length > 0 && known.length <= 30 ? `: they are ${known.join(", ")}` : ""
        }`,
      }]
    ),
  };
}

function findRepeated(channels: readonly ChannelDraft[]): Mistake[] {
  return channels.flatMap(({ path, name }, at): Mistake[] => {
    const earlier = channels.slice(0, at).find((each) => each.name === name);
    return earlier
      ? [{
        path: joinPath(path, ["name"]),
        message: `Must be another name than that of ${earlier.path}, which is '${name}'`,
      }]
      : [];
  });
}

/** Reads `PAGE_URL`, the address of the page, to which alerts link; undefined for none. */
export function parsePageUrl(
  given: unknown,
): { readonly pageUrl: string | undefined; readonly mistakes: readonly Mistake[] } {
  if (given === undefined) return { pageUrl: undefined, mistakes: [] };
  const url = typeof given === "string" ? parseUrl(given) : undefined;
  const isPlain = url && url.username === "" && url.password === "" && url.search === "" &&
    url.hash === "";
  if (isPlain && isSecureUrl(url)) return { pageUrl: url.href, mistakes: [] };
  return {
    pageUrl: undefined,
    mistakes: [{
      path: "PAGE_URL",
      message:
        "Must be the https address of the Worker's page, such as 'https://herotate.example.workers.dev', or be left out",
    }],
  };
}
