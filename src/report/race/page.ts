/** A race as one self-contained page: learning curves, table, what was run. */

import type { RaceResult } from "../../race/index.ts";
import { escapeHtml } from "../html/escape.ts";
import { pageStyle } from "../html/style.ts";
import { formatNumber } from "../number.ts";
import { learningCurves } from "./curves.ts";
import { formatPercent, formatSpread, raceFacts, raceFinding, rankingNote, stepsCell } from "./words.ts";

const panelStyle = `
.panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); gap: 0 1.5rem; }
`;

/** @example await writeText("race.html", await racePage(result, { command: "epoch0 race …" })) */
export async function racePage(result: RaceResult, { command }: { readonly command: string }): Promise<string> {
  const title = raceFinding(result);
  const stable = new Map(result.stableSteps.map((step) => [step.scheme, step.largestStep]));
  const rows = result.ranking.map((row) => {
    const largest = stable.get(row.scheme);
    const cells = [
      String(row.rank),
      formatNumber(row.learningRate),
      largest === undefined ? "" : formatNumber(largest),
      row.loss === null ? '<span class="danger">diverged</span>' : formatSpread(row.loss),
      formatSpread(row.accuracy, formatPercent),
      stepsCell(row),
      `${row.diverged}/${row.runs}`,
      formatNumber(row.p),
    ];
    return `<tr><td class="name">${escapeHtml(row.scheme)}</td>${cells.map((cell) => `<td class="number">${cell}</td>`).join("")}</tr>`;
  });
  const heads = [
    "rank",
    "learning rate",
    "2/λ_max",
    "loss held out",
    "accuracy %",
    "steps to target",
    "diverged",
    "p against the best",
  ];
  const tried = [...result.runs, ...result.search].map(
    (run) =>
      `<tr><td class="name">${escapeHtml(run.scheme)}</td><td class="number">${run.seed}</td><td class="number">${formatNumber(run.learningRate)}</td><td class="number">${run.diverged ? "" : formatNumber(run.loss)}</td><td>${run.diverged ? `<span class="danger">diverged</span>: ` : ""}${escapeHtml(run.reason)}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(result.model)}: ${escapeHtml(title)}</title><style>${pageStyle}${panelStyle}</style></head>
<body><main>
<h1>${escapeHtml(title)}</h1>
<p class="quiet">${escapeHtml(result.model)}: ${escapeHtml(raceFacts(result))}</p>
<p class="quiet">Thin lines: single runs. Thick: their mean. Grey: the other schemes' means. Log axis, one for all.</p>
${await learningCurves(result)}
<h2>The order</h2>
<div class="scroll"><table><thead><tr><th>scheme</th>${heads.map((head) => `<th class="number">${head}</th>`).join("")}</tr></thead><tbody>${rows.join("\n")}</tbody></table></div>
<p class="quiet">${escapeHtml(rankingNote(result))}</p>
<h2>Every run</h2>
<div class="scroll"><table><thead><tr><th>scheme</th><th class="number">seed</th><th class="number">learning rate</th><th class="number">loss held out</th><th>ended</th></tr></thead><tbody>${tried.join("\n")}</tbody></table></div>
<h2>Where this comes from</h2><dl><dt>command</dt><dd>${escapeHtml(command)}</dd><dt>loss</dt><dd>${result.data.loss}, lowest along the run, mean ± standard deviation over seeds</dd><dt>rate</dt><dd>chosen on the first seed, from one grid for all schemes</dd></dl>
</main></body></html>
`;
}
