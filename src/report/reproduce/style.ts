/** What the essay adds to the page's style. */

export const essayStyle = `
main { max-width: 50rem; }
body { font-size: 17px; line-height: 1.6; }
p { max-width: 42rem; margin: 0 0 1rem; }
header p { font-size: 1.125rem; }
h1 { font-size: 2.4rem; margin-bottom: 1rem; }
h2 { font-size: 1.5rem; line-height: 1.25; letter-spacing: -0.01em; margin: 0 0 1rem; text-wrap: balance; }
section { margin-top: 6rem; }
.part { margin-top: 6rem; color: var(--quiet); font-size: 1rem; font-weight: 400; border-top: 1px solid var(--rule); padding-top: 1rem; letter-spacing: 0; }
.part + section { margin-top: 3rem; }
blockquote { margin: 0 0 1.25rem; padding: 0 0 0 1.1rem; border-left: 2px solid var(--rule); max-width: 42rem; font-style: italic; }
.source { color: var(--quiet); font-style: normal; font-size: .875rem; display: block; margin-top: .35rem; }
.verdict { max-width: 42rem; margin: 0 0 1.5rem; }
.verdict b { font-weight: 600; }
.formula { overflow-x: auto; overflow-y: hidden; margin: 0 0 .25rem; padding: .2rem 0; }
.formula math { font-size: 1.08rem; }
.formula math[display="block"] { display: inline math; margin: 0; math-style: normal; }
.formula + p { margin-top: 1.25rem; }
.finding { font-weight: 600; }
figure { margin: 2.5rem 0 0; }
figcaption b { font-size: 1.02rem; max-width: 42rem; }
.legend { list-style: none; padding: 0; margin: .5rem 0 0; display: flex; flex-wrap: wrap; gap: .1rem 1.25rem; font-size: .875rem; max-width: none; }
.legend li { margin: 0; display: flex; align-items: center; gap: .45rem; }
.legend svg, .legend svg { display: inline-block; width: 26px; height: 14px; margin: 0; flex: none; }
.note { font-size: .8125rem; color: var(--quiet); margin: .25rem 0 0; }
figure .narrow { display: none; }
details { margin: .5rem 0 0; font-size: .875rem; }
summary { color: var(--quiet); cursor: pointer; width: max-content; }
summary:focus-visible, a:focus-visible { outline: 2px solid var(--forward); outline-offset: 3px; }
details table { width: auto; margin-top: .5rem; }
table { font-size: .875rem; }
td.claim { white-space: normal; min-width: 16rem; }
td.wrap { white-space: normal; min-width: 9rem; }
th.number { white-space: normal; text-align: right; vertical-align: bottom; }
.contents td { white-space: normal; vertical-align: baseline; }
.contents td:nth-child(2) { white-space: nowrap; }
a { color: inherit; text-decoration-color: var(--quiet); text-underline-offset: .2em; text-decoration-thickness: 1px; }
a:hover { text-decoration-color: currentColor; }
code { font-family: ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace; font-size: .8125rem; overflow-wrap: anywhere; }
h3 { font-size: 1rem; font-weight: 600; margin: 2.5rem 0 .5rem; }
.command { color: var(--quiet); font-size: .875rem; margin-top: 1.25rem; }
@media (max-width: 46rem) {
  main { padding: 2.5rem 1.1rem 4rem; }
  body { font-size: 16px; }
  h1 { font-size: 1.75rem; } h2 { font-size: 1.3rem; }
  section { margin-top: 4.5rem; }
  figure .wide { display: none; } figure .narrow { display: block; }
  figure .narrow svg { max-width: 24rem; }
  td.claim { min-width: 12rem; }
}
@media print { details { display: none; } section { break-before: page; } }
`;
