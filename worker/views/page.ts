/**
 * The page: the state of every credential.
 *
 * @module
 */
import { html, raw } from "hono/html";
import type { HealthReason } from "../health/health.ts";
import type { Mistake } from "../config/mistakes.ts";
import type { AccountStatus, Status } from "../status.ts";
import { renderCredential } from "./credential.ts";
import { STYLE } from "./style.ts";
import { type Html, renderDistance, renderEnd, renderTime } from "./time.ts";
import { REASON_TITLES } from "./labels.ts";

/**
 * Renders the page. It has no script and loads nothing.
 *
 * @param status What to show.
 * @param nonce The nonce that the content security policy lets style with.
 */
export function renderPage(status: Status, nonce: string): Html {
  const { at, mistakes, warnings, accounts, credentials, unmanaged } = status;
  const observed = credentials.filter(({ state }) => state === "observed");
  const title = describeAll(status, observed.length);
  const reasons = status.reasons.filter(({ kind }) => kind !== "configuration_invalid");
  const problems = reasons.some(({ kind }) => kind === "sweep_unclean")
    ? []
    : accounts.flatMap((account) => tellOf(account, accounts, account.last_sweep?.problems));
  const notices = accounts.flatMap((account) =>
    tellOf(account, accounts, account.last_sweep?.notices)
  );
  const withheld = accounts.flatMap((account) =>
    tellOf(account, accounts, account.last_sweep?.withheld)
  );
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Herotate: ${title}</title>
        <link rel="icon" href="data:,">
        <style nonce="${nonce}">${raw(STYLE)}</style>
      </head>
      <body>
        <header>
          <h1>Herotate</h1>
          <span class="badge ${status.status === "ok" ? "good" : "bad"}">${title}</span>
          ${accounts.map((account) => html`<p>${renderSweeps(account, status)}</p>`)}
        </header>
        <main>
    ${mistakes.length > 0 && renderMistakes(mistakes)}
    ${observed.length > 0 && renderObserving(observed.length, credentials.length)}
    ${reasons.length > 0 && renderReasons(reasons)}
    ${credentials.length > 0 && html`
      <h2>Credentials</h2>
      <div class="card">
        <table>
      <thead><tr>
      <th scope="col">Name</th><th scope="col">State</th><th scope="col">Generation</th>
      <th scope="col">Expires</th><th scope="col">Next change</th>
      </tr></thead>
      ${accounts.map(({ name, status }) =>
        html`
          ${accounts.length > 1 && renderAccount(name, status)}
          ${credentials.filter(({ account }) => account === name)
            .map((credential) => renderCredential(credential, at))}
        `
      )}
        </table>
      </div>
    `}
    ${withheld.length > 0 && html`<h2>Leftovers that would be removed</h2>
<ul class="card list">${withheld.map((each) => html`<li>${each}</li>`)}</ul>`}
    ${warnings.length > 0 && renderWarnings(warnings)}
    ${problems.length > 0 && html`<h2>Problems of the last sweep</h2>
<ul class="card list">${problems.map((problem) => html`<li>${problem}</li>`)}</ul>`}
    ${notices.length > 0 && renderNotices(notices)}
    ${status.former_accounts.length > 0 && renderFormer(status)}
    ${unmanaged.length > 0 && renderUnmanaged(status)}
        </main>
        <footer>As of ${renderTime(
          at,
        )}. For scripts: <a href="/status">/status</a>, and <a href="/healthz">/healthz</a> for monitors.</footer>
      </body>
    </html>
  `;
}

/** The headline. Where nothing is done, it is that. */
function describeAll({ status, credentials }: Status, observed: number): string {
  if (status !== "ok") return "Needs attention";
  return observed > 0 && observed === credentials.length ? "Only observing" : "All is well";
}

function renderObserving(observed: number, all: number): Html {
  const which = observed === all
    ? "Herotate only observes"
    : `Herotate only observes ${observed} of ${all} credentials`;
  return html`
    <p
      class="note">${which}: it shows what it would do, and creates, delivers and deletes nothing. Remove <code>observe</code> from the configuration to have it done.</p>
  `;
}

/** Words about an account, with its name where there are several. */
function tellOf(
  { name }: AccountStatus,
  { length }: readonly AccountStatus[],
  words: readonly string[] = [],
): readonly string[] {
  return length > 1 ? words.map((word) => `${name}: ${word}`) : words;
}

/** The heading of an account's rows. */
function renderAccount(name: string, status: AccountStatus["status"]): Html {
  return html`
    <tbody class="account">
      <tr>
        <th scope="rowgroup" colspan="5">${name}
          <span class="badge ${status === "ok" ? "good" : "bad"}">${status === "ok"
            ? "well"
            : "needs attention"}</span></th>
      </tr>
    </tbody>
  `;
}

function renderSweeps(
  { name, last_sweep, last_clean_sweep_at }: AccountStatus,
  { accounts, at }: Status,
): Html {
  const of = accounts.length > 1 ? `${name}: ` : "";
  if (!last_sweep) return html`${of}No sweep yet`;
  const { started, removed } = last_sweep;
  const clean = last_clean_sweep_at === null
    ? html`none without a problem is known`
    : last_clean_sweep_at === last_sweep.at
    ? html`without a problem`
    : html`the last without a problem ${renderDistance(last_clean_sweep_at, at)}`;
  const did = [
    started.length > 0 ? `started ${started.length}` : "",
    removed.length > 0
      ? `removed ${removed.length} leftover${removed.length === 1 ? "" : "s"}`
      : "",
  ].filter((part) => part !== "");
  return html`${of}Last sweep ${renderDistance(last_sweep.at, at)}, ${clean}${
    did.length > 0 && html`; it ${did.join(" and ")}`
  }`;
}

function renderMistakes(mistakes: readonly Mistake[]): Html {
  return html`
    <h2>The configuration is invalid</h2>
    <p
      class="note">Nothing is rotated or deleted until these are gone and the Worker is deployed again.</p>
    <dl class="card list">${mistakes.map(renderMistake)}</dl>
  `;
}

function renderWarnings(warnings: readonly Mistake[]): Html {
  return html`
    <h2>Worth a second look in the configuration</h2>
    <p class="note">These are taken as they are written, but may not be meant so.</p>
    <dl class="card list doubts">${warnings.map(renderMistake)}</dl>
  `;
}

function renderMistake({ path, message }: Mistake): Html {
  return html`
    <div>
      <dt>${path}</dt>
      <dd>${message}</dd>
    </div>
  `;
}

function renderReasons(reasons: readonly HealthReason[]): Html {
  return html`<h2>What is wrong</h2>
<ul class="card list">${
    reasons.map(({ kind, details }) =>
      html`
        <li>
          <h3>${REASON_TITLES[kind]}</h3>
          <ul>${details.map((detail) => html`<li>${detail}</li>`)}</ul>
        </li>
      `
    )
  }</ul>`;
}

function renderNotices(notices: readonly string[]): Html {
  return html`<h2>Good to know</h2>
<ul class="card list">${notices.map((notice) => html`<li>${notice}</li>`)}</ul>`;
}

function renderFormer({ former_accounts }: Status): Html {
  return html`
    <h2>Accounts that have left the configuration</h2>
    <p
      class="note">Nothing of theirs is rotated or deleted. This is what lived in Heroku when they were last looked at: add an account back to go on with it, or delete by hand what is not needed.</p>
    <ul class="card list">${former_accounts.map(({ name, remaining }) =>
      html`
        <li>
          <h3>${name}</h3>
          <ul>${remaining.map(({ credential, generation, authorization }) =>
            html`<li>${credential}, generation ${generation} <small>${authorization}</small></li>`
          )}</ul>
        </li>
      `
    )}</ul>
  `;
}

function renderUnmanaged({ accounts, unmanaged, at }: Status): Html {
  const count = accounts.reduce((sum, { unmanaged_count }) => sum + unmanaged_count, 0);
  const more = count - unmanaged.length;
  const rest = more === 1
    ? "There is 1 more, which is not shown."
    : `There are ${more} more, which are not shown.`;
  return html`
    <h2>Not managed</h2>
    <p
      class="note">These authorizations are in the Heroku account and no credential claims them. They are left alone.${more >
          0 && ` ${rest}`}</p>
    <div class="card">
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Description</th>
            <th scope="col">Why</th>
            <th scope="col">Expires</th>
          </tr>
        </thead>
        <tbody>${unmanaged.map(({ id, description, reason, ...end }) =>
          html`
            <tr>
              <th scope="row">${description === ""
                ? "(none)"
                : description}<br><small>${id}</small></th>
              <td>${reason}</td>
              <td data-label="Expires">${renderEnd(end, at)}</td>
            </tr>
          `
        )}</tbody>
      </table>
    </div>
  `;
}
