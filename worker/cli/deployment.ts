/**
 * What a wrangler.toml must have besides variables: the entry, the bindings, the object's tables and
 * the cron. The Worker itself can check only what it was deployed with. Pure.
 *
 * @module
 */
import type { ChannelDraft } from "../config/alerts.ts";
import { isTable, type Mistake } from "../config/mistakes.ts";
import type { Table, WranglerFile } from "./wrangler_file.ts";

/** What is wrong, and what may not be meant. */
export interface Findings {
  /** All that is wrong. */
  readonly mistakes: readonly Mistake[];
  /** What may not be meant as it is written. */
  readonly warnings: readonly Mistake[];
}

const OBJECT = { name: "ACCOUNT", className: "Account" };
const WORKFLOW = { name: "ROTATION", className: "RotationWorkflow" };
const CRON = '[triggers] crons = ["*/15 * * * *"]';

/** Checks them. Paths are those of the file. */
export function checkDeployment({ settings, prefix, environment }: WranglerFile): Findings {
  const objects = tablesIn(
    isTable(settings.durable_objects) ? settings.durable_objects.bindings : [],
  );
  const mistakes = [
    ...checkEntry(settings),
    ...checkBinding(objects, {
      ...OBJECT,
      key: "name",
      heading: `${prefix}durable_objects.bindings`,
    }),
    ...checkBinding(tablesIn(settings.workflows), {
      ...WORKFLOW,
      key: "binding",
      heading: `${prefix}workflows`,
    }),
    ...checkMigrations(settings, objects),
  ].map((mistake) =>
    environment === undefined || !mistake.message.startsWith("Is missing:")
      ? mistake
      : { ...mistake, message: `${mistake.message}. An [env.NAME] inherits no bindings` }
  );
  const cron = checkCron(settings);
  return { mistakes: [...mistakes, ...cron.mistakes], warnings: cron.warnings };
}

/** Finds the channels of alerts whose binding the file does not have. */
export function checkEmail(
  { settings }: Pick<WranglerFile, "settings">,
  channels: readonly Pick<ChannelDraft, "findBindingMistake">[],
): Mistake[] {
  const bindings = Object.fromEntries(
    tablesIn(settings.send_email).map(({ name }) => [String(name), { send() {} }]),
  );
  return channels.flatMap(({ findBindingMistake }) => findBindingMistake(bindings));
}

function checkEntry({ main, compatibility_date: date }: Table): Mistake[] {
  const isMissing = (value: unknown) => typeof value !== "string" && !(value instanceof Date);
  return [
    ...(isMissing(main)
      ? [{
        path: "main",
        message: 'Is missing: write the Worker\'s entry, such as main = "worker.ts"',
      }]
      : []),
    ...(isMissing(date)
      ? [{
        path: "compatibility_date",
        message: 'Is missing: write a date, such as compatibility_date = "2026-10-01"',
      }]
      : []),
  ];
}

interface Binding {
  readonly name: string;
  readonly className: string;
  readonly key: "name" | "binding";
  readonly heading: string;
}

function checkBinding(
  tables: readonly Table[],
  { name, className, key, heading }: Binding,
): Mistake[] {
  const table = tables.find((each) => each[key] === name);
  if (table) {
    return table.class_name === className ? [] : [{
      path: `${heading} (${name}).class_name`,
      message: `Must be '${className}', because the Worker exports the class under that name`,
    }];
  }
  const misnamed = tables.find((each) => each.class_name === className);
  return [
    misnamed
      ? {
        path: `${heading}.${key}`,
        message:
          `Must be '${name}' for the class '${className}', because the Worker looks for that name`,
      }
      : {
        path: heading,
        message:
          `Is missing: write [[${heading}]] with ${key} = "${name}" and class_name = "${className}"`,
      },
  ];
}

/** Follows the migrations in their order, as Cloudflare does. */
function checkMigrations({ migrations }: Table, objects: readonly Table[]): Mistake[] {
  // An object that another Worker holds has its tables there.
  const isElsewhere = objects.some(({ name, script_name: script }) =>
    name === OBJECT.name && script !== undefined
  );
  if (isElsewhere) return [];
  const kinds = new Map<string, "sqlite" | "other">();
  for (const migration of tablesIn(migrations)) {
    textsIn(migration.new_sqlite_classes).forEach((name) => kinds.set(name, "sqlite"));
    textsIn(migration.new_classes).forEach((name) => kinds.set(name, "other"));
    for (const { from, to } of tablesIn(migration.renamed_classes)) {
      const kind = kinds.get(String(from));
      if (kind === undefined) continue;
      kinds.delete(String(from));
      kinds.set(String(to), kind);
    }
    for (const { to } of tablesIn(migration.transferred_classes)) kinds.set(String(to), "sqlite");
    textsIn(migration.deleted_classes).forEach((name) => kinds.delete(name));
  }
  const kind = kinds.get(OBJECT.className);
  if (kind === "sqlite") return [];
  return [{
    path: "migrations",
    message: kind === "other"
      ? `Must have '${OBJECT.className}' in new_sqlite_classes, and not in new_classes, because the ledger is in SQLite`
      : `Must make '${OBJECT.className}': write [[migrations]] with tag = "v1" and new_sqlite_classes = ["${OBJECT.className}"]`,
  }];
}

function checkCron({ triggers }: Table): Findings {
  const crons = textsIn(isTable(triggers) ? triggers.crons : []);
  if (crons.length === 0) {
    return {
      mistakes: [{ path: "triggers.crons", message: `Is missing: write ${CRON}` }],
      warnings: [],
    };
  }
  const isHourly = crons.some((cron) => /^\S+( +(\*|\*\/1)){4}$/.test(cron.trim()));
  return {
    mistakes: [],
    warnings: isHourly ? [] : [{
      path: "triggers.crons",
      message:
        `Fires less than once an hour, and /healthz fails after an hour without a sweep: write ${CRON}`,
    }],
  };
}

function tablesIn(value: unknown): readonly Table[] {
  return Array.isArray(value) ? value.filter(isTable) : [];
}

function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}
