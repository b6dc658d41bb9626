/** The page's one look: a well-set page of a paper; follows the reader's light or dark; prints in black on white. */

import { palette } from "../theme.ts";

function variables(colors: Readonly<Record<string, string>>): string {
  return Object.entries(colors)
    .map(([name, color]) => `--${name}: ${color};`)
    .join(" ");
}

export const pageStyle = `
:root { color-scheme: light dark; ${variables(palette.light)} }
@media (prefers-color-scheme: dark) { :root { ${variables(palette.dark)} } }
@media print { :root { color-scheme: light; ${variables(palette.light)} } main { padding: 0; } figure, tr { break-inside: avoid; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif; }
main { max-width: 64rem; margin: 0 auto; padding: 4rem 2rem 6rem; }
h1 { font-size: 1.9rem; line-height: 1.25; font-weight: 600; letter-spacing: -0.01em; margin: 0 0 .75rem; max-width: 44rem; text-wrap: balance; }
h2 { font-size: 1.05rem; font-weight: 600; margin: 3.5rem 0 .75rem; }
p { margin: 0 0 .75rem; max-width: 44rem; }
.quiet, figcaption { color: var(--quiet); }
figure { margin: 2.25rem 0 0; }
figcaption { font-size: .875rem; }
figcaption b { color: var(--text); font-weight: 600; display: block; font-size: 1rem; }
figure svg { display: block; width: 100%; height: auto; color: var(--quiet); background: transparent; overflow: visible; margin-top: .5rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 400; color: var(--quiet); border-bottom: 1px solid var(--rule); padding: .35rem 1rem .35rem 0; white-space: nowrap; }
td { padding: .3rem 1rem .3rem 0; border-bottom: 1px solid var(--rule); vertical-align: baseline; white-space: nowrap; }
td.name { font-family: ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace; font-size: .8125rem; }
td.long { white-space: normal; }
.number { text-align: right; }
.forward { color: var(--forward); } .gradient { color: var(--gradient); } .danger { color: var(--danger); }
td svg { display: block; }
ul { padding-left: 1.2rem; margin: 0; max-width: 48rem; } li { margin: .35rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem; margin: 0; font-size: .875rem; }
dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; }
`;
