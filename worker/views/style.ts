/**
 * The page's style sheet.
 *
 * @module
 */

/** Light and dark, wide and narrow; nothing is loaded. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --paper: #fff; --ink: #1b1f27; --soft: #5b6472; --line: #e1e5eb;
  --good: #12703f; --good-tint: #e0f4e8; --busy: #1f56b5; --busy-tint: #e3edfd;
  --warning: #8a5300; --warning-tint: #fdf0d8; --bad: #b3261e; --bad-tint: #fde7e5;
  --idle: #5b6472; --idle-tint: #eaedf1;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #12151a; --paper: #1a1e25; --ink: #e7eaef; --soft: #9aa4b2; --line: #2c323c;
    --good: #6fd79d; --good-tint: #14352380; --busy: #8db6ff; --busy-tint: #1a2f5580;
    --warning: #f3bd63; --warning-tint: #40300f80; --bad: #ff9d94; --bad-tint: #4a1c1980;
    --idle: #9aa4b2; --idle-tint: #2a303a;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 66rem; padding: 2rem 1.25rem 3rem; background: var(--ground);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere;
}
h1, h2, h3, p, ul, dl, dd { margin: 0; }
h1 { font-size: 1.5rem; letter-spacing: -0.01em; }
h2 { margin: 2.25rem 0 0.75rem; font-size: 1.125rem; }
h3 { font-size: 1rem; }
ul { padding: 0; list-style: none; }
small { color: var(--soft); font-size: 0.875em; }
a { color: var(--busy); }
code, .place { font: 0.875em/1.5 ui-monospace, monospace; }
.moment time { white-space: nowrap; }
header { display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 0.875rem; }
header p { flex-basis: 100%; color: var(--soft); }
.badge {
  display: inline-block; padding: 0.0625rem 0.625rem; border-radius: 1rem; font-size: 0.875rem;
  font-weight: 600; white-space: nowrap;
}
.good { color: var(--good); background: var(--good-tint); }
.busy { color: var(--busy); background: var(--busy-tint); }
.warning { color: var(--warning); background: var(--warning-tint); }
.bad { color: var(--bad); background: var(--bad-tint); }
.idle { color: var(--idle); background: var(--idle-tint); }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: 0.75rem; }
.list > * { padding: 0.75rem 1.125rem; }
.list > * + * { border-top: 1px solid var(--line); }
.list h3 { color: var(--bad); }
.list li li { margin-top: 0.25rem; }
dt { font: 600 0.875rem/1.5 ui-monospace, monospace; color: var(--bad); }
.doubts dt { color: var(--warning); }
table { width: 100%; border-collapse: collapse; text-align: left; }
th, td { padding: 0.5rem 1.125rem; vertical-align: baseline; font-weight: inherit; }
thead th { white-space: nowrap; color: var(--soft); font-size: 0.875rem; padding-top: 0.75rem; }
tbody { border-top: 1px solid var(--line); }
.main > * { padding-top: 0.875rem; }
.main th { font-weight: 600; }
.more td { padding-top: 0; padding-bottom: 1rem; }
.more p { color: var(--soft); max-width: 60rem; }
.more .error { color: var(--bad); }
.targets { margin-top: 0.5rem; font-size: 0.9375rem; }
.targets li { display: grid; grid-template-columns: 1.25rem 1fr; padding-top: 0.25rem; }
.targets b { font-weight: 600; }
.proven { color: var(--good); } .unproven { color: var(--warning); } .untouched { color: var(--soft); }
.note { color: var(--soft); margin-bottom: 0.75rem; }
footer { margin-top: 2.5rem; color: var(--soft); font-size: 0.875rem; }
@media (max-width: 44rem) {
  body { padding: 1.25rem 0.875rem 2rem; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, tr, th, td { display: block; }
  th, td, .main > *, .more td { padding: 0.125rem 1rem; }
  tbody { padding: 0.75rem 0; }
  .plain tbody { padding: 0; }
  .plain tr { padding: 0.75rem 0; }
  .plain tr + tr { border-top: 1px solid var(--line); }
  .main { display: flex; flex-wrap: wrap; align-items: baseline; }
  .main th { flex: 1; font-size: 1.0625rem; }
  .main td:not(:nth-child(2)), .plain td { flex-basis: 100%; }
  [data-label]::before { content: attr(data-label) " "; color: var(--soft); }
  .more td { padding-top: 0.375rem; }
}
`;
