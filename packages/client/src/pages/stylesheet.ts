/**
 * The pages' stylesheet, as text, so that no bundler and no framework has to find a file.
 *
 * Owns the look: system fonts, one column, light and dark by the browser's wish, targets of 44 px, focus always visible.
 * An application restyles the pages by custom properties in a page of its own, or replaces the pages.
 */
import { digest } from '../security/tokens.ts';

const css = `
:root {
  color-scheme: light dark;
  --accent: #1f5f5b;
  --accent-strong: #174845;
  --on-accent: #ffffff;
  --ground: #f6f5f2;
  --surface: #ffffff;
  --ink: #1e2423;
  --ink-soft: #55605e;
  --line: #d8d9d4;
  --line-strong: #8a9390;
  --danger: #a32a1c;
  --danger-ground: #fdf1ef;
  --good: #1d5c38;
  --good-ground: #eef7f1;
  --radius: 10px;
}
@media (prefers-color-scheme: dark) {
  :root {
    --accent: #7cc4bd;
    --accent-strong: #9bd8d2;
    --on-accent: #0c2422;
    --ground: #131716;
    --surface: #1c2221;
    --ink: #e8ecea;
    --ink-soft: #a4afac;
    --line: #333c3a;
    --line-strong: #6f7c79;
    --danger: #f2a69b;
    --danger-ground: #351b18;
    --good: #93d3ac;
    --good-ground: #16291e;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; min-height: 100vh; min-height: 100dvh; display: flex; flex-direction: column;
  background: var(--ground); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
}
a { color: var(--accent); text-underline-offset: 0.15em; }
a:hover { color: var(--accent-strong); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
h1 { margin: 0 0 0.75rem; font-size: 1.5rem; line-height: 1.25; letter-spacing: -0.01em; text-wrap: balance; overflow-wrap: anywhere; }
h2 { margin: 0 0 0.5rem; font-size: 1.0625rem; line-height: 1.35; }
p { margin: 0 0 1rem; overflow-wrap: anywhere; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 1rem; top: 1rem; padding: 0.5rem 1rem; background: var(--surface); z-index: 1; }

.bar { border-bottom: 1px solid var(--line); background: var(--surface); }
.bar-inner {
  max-width: 60rem; margin: 0 auto; padding: 0.5rem 1rem; min-height: 3.5rem;
  display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 0 1rem;
}
.brand { font-weight: 650; color: var(--ink); text-decoration: none; padding: 0.5rem 0; overflow-wrap: anywhere; }
.bar nav ul { display: flex; flex-wrap: wrap; gap: 0 1.25rem; list-style: none; margin: 0; padding: 0; }
.bar nav a { display: inline-flex; align-items: center; min-height: 2.75rem; color: var(--ink-soft); text-decoration: none; font-size: 0.9375rem; }
.bar nav a:hover, .bar nav a[aria-current] { color: var(--ink); text-decoration: underline; text-decoration-color: var(--accent); text-decoration-thickness: 2px; text-underline-offset: 0.4em; }

main { flex: 1; width: 100%; max-width: 30rem; margin: 0 auto; padding: 1.5rem 1rem 2.5rem; }
main.wide { max-width: 46rem; }
.card { background: var(--surface); border: 1px solid var(--line); border-radius: var(--radius); padding: 1.25rem; margin: 0 0 1rem; }
.card > :last-child { margin-bottom: 0; }
.lead { color: var(--ink-soft); }
.card > form + p, .card > .rows + p, .facts + form, .plain + form { margin-top: 1.25rem; }
.card > h2 + form, .card > h2 + .stack { margin-top: 0.75rem; }
main > h1 + .card { margin-top: 1rem; }
.plain { list-style: none; margin: 0; padding: 0; display: grid; gap: 0.75rem; }
.plain .mono { display: block; padding: 0.5rem 0.75rem; background: var(--ground); border-radius: 8px; }
.soft { color: var(--ink-soft); font-size: 0.9375rem; }

.facts { margin: 0; }
.facts > div { padding: 0.625rem 0; border-top: 1px solid var(--line); display: grid; gap: 0 1rem; }
.facts > div:first-child { border-top: 0; padding-top: 0; }
.facts > div:last-child { padding-bottom: 0; }
.facts dt { color: var(--ink-soft); font-size: 0.875rem; }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.facts dd:empty::before { content: "\\2014"; color: var(--ink-soft); }

.field { margin: 0 0 1rem; }
.field label { display: block; font-weight: 550; margin-bottom: 0.25rem; }
.field label .soft { font-weight: 400; }
.field input, .field select {
  width: 100%; min-height: 2.75rem; padding: 0.5rem 0.75rem; font: inherit; color: var(--ink);
  background: var(--surface); border: 1px solid var(--line-strong); border-radius: 8px;
}
.field select { appearance: auto; }
.field input[aria-invalid] { border-color: var(--danger); border-width: 2px; }
.field .help { margin: 0.25rem 0 0; color: var(--ink-soft); font-size: 0.875rem; }
.field .error { margin: 0.25rem 0 0; color: var(--danger); font-size: 0.9375rem; }
.check { display: flex; gap: 0.625rem; align-items: flex-start; margin: 0 0 1rem; min-height: 2.75rem; }
.check input { width: 1.25rem; height: 1.25rem; margin: 0.15rem 0 0; accent-color: var(--accent); flex: none; }
fieldset { border: 0; margin: 0; padding: 0; min-width: 0; }

.button {
  display: inline-flex; align-items: center; justify-content: center; min-height: 2.75rem; padding: 0.5rem 1.125rem;
  font: inherit; font-weight: 600; text-align: center; text-decoration: none; cursor: pointer;
  border: 1px solid var(--accent); border-radius: 8px; background: var(--accent); color: var(--on-accent);
}
.button:hover { background: var(--accent-strong); border-color: var(--accent-strong); color: var(--on-accent); }
.button.second { background: transparent; color: var(--accent); border-color: var(--line-strong); }
.button.second:hover { border-color: var(--accent); color: var(--accent-strong); background: transparent; }
.button.danger { background: transparent; color: var(--danger); border-color: var(--danger); }
.button.danger:hover { background: var(--danger-ground); color: var(--danger); }
.button.block { display: flex; width: 100%; }
.actions { display: flex; flex-wrap: wrap; gap: 0.75rem; align-items: center; margin-top: 1.25rem; }
.stack { display: grid; gap: 0.75rem; margin: 0 0 1rem; padding: 0; list-style: none; }
.divider { display: flex; align-items: center; gap: 0.75rem; color: var(--ink-soft); font-size: 0.875rem; margin: 1.25rem 0; }
.divider::before, .divider::after { content: ""; flex: 1; border-top: 1px solid var(--line); }

.notice, .problem { border-radius: 8px; padding: 0.75rem 1rem; margin: 0 0 1rem; border: 1px solid; }
.notice { color: var(--good); background: var(--good-ground); }
.problem { color: var(--danger); background: var(--danger-ground); }

.rows { list-style: none; margin: 0; padding: 0; }
.rows > li { display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; align-items: center; justify-content: space-between; padding: 0.875rem 0; border-top: 1px solid var(--line); }
.rows > li:first-child { border-top: 0; padding-top: 0; }
.rows > li:last-child { padding-bottom: 0; }
.rows > li > div { min-width: 0; overflow-wrap: anywhere; }
.rows strong { font-weight: 600; }
.mono { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; font-size: 0.875em; overflow-wrap: anywhere; }
.fine { display: grid; grid-template-columns: auto 1fr; gap: 0 0.75rem; margin: 1.25rem 0 0; color: var(--ink-soft); font-size: 0.8125rem; }
.fine dt, .fine dd { margin: 0; }

footer { border-top: 1px solid var(--line); }
footer nav { max-width: 60rem; margin: 0 auto; padding: 0.25rem 1rem; }
footer ul { display: flex; flex-wrap: wrap; gap: 0 1.25rem; list-style: none; margin: 0; padding: 0; font-size: 0.875rem; }
footer a, footer span { display: inline-flex; align-items: center; min-height: 2.75rem; color: var(--ink-soft); }
footer span { font-weight: 600; color: var(--ink); }

@media (min-width: 40rem) {
  main { padding-top: 3rem; }
  .card { padding: 1.75rem; }
  .facts > div { grid-template-columns: 10rem 1fr; align-items: baseline; }
  .pair { display: grid; grid-template-columns: 1fr 1fr; gap: 0 1rem; align-items: start; }
}
@media (forced-colors: active) { .button { border: 1px solid; } }
@media print { .bar nav, footer { display: none; } }
`;

/** The stylesheet. */
export const stylesheet: string = css.trimStart();

/** Its file name, which changes with its text, so that browsers may keep it for ever. */
export const stylesheetName: string = `accounts-${digest(stylesheet).slice(0, 12)}.css`;
