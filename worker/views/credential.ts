/**
 * One credential on the page.
 *
 * @module
 */
import { html } from "hono/html";
import type { CredentialStatus, StaleStatus, TargetStatus } from "../status.ts";
import { type Html, renderDistance, renderEnd, renderMoment } from "./time.ts";
import { STATES } from "./labels.ts";

/** Renders a credential as a part of the table. */
export function renderCredential(credential: CredentialStatus, now: string): Html {
  const [state, tone] = STATES[credential.state];
  const { decision } = credential;
  return html`
    <tbody>
      <tr class="main">
        <th scope="row">${credential.name}</th>
        <td><span class="badge ${tone}">${state}</span></td>
        <td data-label="Generation">${credential.generation ?? "none"}</td>
        <td data-label="Expires">${renderExpiry(credential, now)}</td>
        <td data-label="Next change">${decision?.until
          ? renderMoment(decision.until, now)
          : "none"}</td>
      </tr>
      <tr class="more">
        <td colspan="5">
    ${decision && html`<p>${decision.reason}</p>`}
    ${credential.failures > 0 && html`<p class="error">${renderFailure(credential)}</p>`}
    <ul class="targets">
    ${credential.targets.map((target) => renderTarget(target, now))}
    ${credential.stale.map((stale) => renderStale(stale, now))}
    </ul>
        </td>
      </tr>
    </tbody>
  `;
}

function renderExpiry(credential: CredentialStatus, now: string): Html | string {
  return credential.authorization === null ? "none" : renderEnd(credential, now);
}

function renderFailure({ failures, error }: CredentialStatus): string {
  const times = failures === 1 ? "The last attempt failed" : `The last ${failures} attempts failed`;
  return `${times}: ${error ?? "no reason given"}`;
}

function renderTarget(target: TargetStatus, now: string): Html {
  const { place, proof, required, generation, delivered_at } = target;
  const mark = proof ? "proven" : delivered_at ? "unproven" : "untouched";
  const held = proof
    ? html`generation ${generation}, proof by <b>${proof.kind}</b>: ${proof.detail} <small>${
      proof.proven_at && renderDistance(proof.proven_at, now)
    }</small>`
    : delivered_at
    ? html`generation ${generation} delivered ${renderDistance(delivered_at, now)}, not proven`
    : html`nothing delivered by this Worker yet`;
  return html`<li><span class="${mark}" aria-hidden="true">${
    proof ? "✓" : "○"
  }</span><span><span class="place">${place}</span> <small>${
    required ? "" : "(optional)"
  }</small><br>${held}</span></li>`;
}

function renderStale(
  { generation, authorization, expires_at, grace_until }: StaleStatus,
  now: string,
): Html {
  const until = grace_until
    ? html`in grace until ${renderMoment(grace_until, now)}`
    : html`lives on until a replacement is proven${
      expires_at && html`, and expires ${renderMoment(expires_at, now)}`
    }`;
  return html`<li><span aria-hidden="true">↷</span><span>Stale generation ${generation} <small>${authorization}</small><br>${until}</span></li>`;
}
