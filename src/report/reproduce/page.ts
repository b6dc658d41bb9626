/** The essay as one page that needs nothing else: prose, formulas, figures, numbers, each with the command that makes it. */

import type { Reproduction, Result } from "../../reproduce/index.ts";
import { escapeHtml } from "../html/escape.ts";
import { pageStyle } from "../html/style.ts";
import { formatSeconds, plural } from "../number.ts";
import { figureOf } from "./figure.ts";
import { mathOf } from "./formula.ts";
import { essayStyle } from "./style.ts";
import { FINDING_MARKS, statisticOf, VERDICT_WORDS } from "./words.ts";

/**
 * A page of HTML, self-contained and without scripts.
 *
 * @example await essayPage(await reproduce([]))
 */
export async function essayPage({ results, seed, size }: Reproduction): Promise<string> {
  const statements = results.filter(({ group }) => group === "statement");
  const papers = results.filter(({ group }) => group === "paper");
  const body = [
    introduction(results),
    contents(results),
    statements.length === 0 ? "" : part("The statements"),
    ...(await inTurn(statements, (result) => sectionOf(result, size))),
    papers.length === 0 ? "" : part("The papers"),
    ...(await inTurn(papers, (result) => sectionOf(result, size))),
    colophon(results, seed, size),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>What the initial weights decide</title><style>${pageStyle}${essayStyle}</style></head>
<body><main>
${body.filter((piece) => piece !== "").join("\n")}
</main></body></html>
`;
}

/** One after the other: drawing is not free, and the page is made in order. */
async function inTurn<Item>(items: readonly Item[], make: (item: Item) => Promise<string>): Promise<string[]> {
  const pieces: string[] = [];
  for (const item of items) pieces.push(await make(item));
  return pieces;
}

const paragraphs = (texts: readonly string[]) => texts.map((text) => `<p>${escapeHtml(text)}</p>`).join("\n");

/** "1 holds", "2 hold"; nothing of none. */
function saying(n: number, one: string, many: string): string | null {
  return n === 0 ? null : `${n} ${n > 1 ? many : one}`;
}

function introduction(results: readonly Result[]): string {
  const count = (verdict: Result["verdict"]) => results.filter((result) => result.verdict === verdict).length;
  const said = [
    saying(count("holds"), "holds", "hold"),
    saying(count("holds-if"), "holds only under a condition", "hold only under a condition"),
    saying(count("does-not-hold"), "does not hold", "do not hold"),
  ].filter((words) => words !== null);
  const tally = `Of ${plural(results.length, "statement")} here ${said.join(", ")}.`;
  return `<header><h1>What the initial weights decide</h1>
${paragraphs([
  "Before a network has seen a single example, its weights have already decided how much of the input arrives at the last layer, how much of the error arrives back at the first, and so whether it will learn at all. Much is said about this. Here each thing that is said is an experiment, and a statistical test gives the verdict.",
  tally,
])}</header>`;
}

function contents(results: readonly Result[]): string {
  const rows = results.map(
    ({ id, title, verdict, statement }) =>
      `<tr><td><a href="#${escapeHtml(id)}">${escapeHtml(title)}</a></td><td>${verdictMark(verdict)}</td><td class="quiet">${escapeHtml(statement)}</td></tr>`,
  );
  return `<div class="scroll"><table class="contents"><thead><tr><th>experiment</th><th>verdict</th><th>statement</th></tr></thead><tbody>${rows.join("\n")}</tbody></table></div>`;
}

function verdictMark(verdict: Result["verdict"]): string {
  const kind = verdict === "does-not-hold" ? ' class="danger"' : "";
  return `<span${kind}>${VERDICT_WORDS[verdict]}</span>`;
}

const WORDS_IN_SENTENCE: Readonly<Record<Result["verdict"], string>> = {
  holds: "It holds.",
  "holds-if": "It holds only if",
  "does-not-hold": "It does not hold:",
};

function verdictLine(verdict: Result["verdict"], condition: string): string {
  const kind = verdict === "does-not-hold" ? ' class="danger"' : "";
  return `<b${kind}>${WORDS_IN_SENTENCE[verdict]}</b>${condition === "" ? "" : ` ${escapeHtml(condition)}.`}`;
}

const part = (title: string) => `<p class="part">${escapeHtml(title)}</p>`;

async function sectionOf(result: Result, size: Reproduction["size"]): Promise<string> {
  const { id, title, statement, source, verdict, condition, finding, formulas, prose, procedure } = result;
  const mathematics = await inTurn(formulas, async (formula) => `<div class="formula">${await mathOf(formula)}</div>`);
  const [first = "", ...rest] = prose;
  return `<section id="${escapeHtml(id)}">
<h2>${escapeHtml(title)}</h2>
<blockquote>${escapeHtml(statement)}<span class="source">${escapeHtml(source)}</span></blockquote>
<p class="verdict">${verdictLine(verdict, condition)}</p>
${paragraphs([first])}
${mathematics.join("\n")}
${paragraphs(rest)}
<p class="finding">${escapeHtml(capital(finding))}.</p>
${(await inTurn(result.charts, figureOf)).join("\n")}
${comparisonTable(result)}
<h3>What decided</h3>
<p>${escapeHtml(procedure)}${size === "quick" ? " Here with smaller networks, fewer steps and fewer draws." : ""}</p>
${testTable(result)}
<p class="command"><code>${escapeHtml(result.command)}</code> makes this again, in ${formatSeconds(result.seconds)} where it was made.</p>
</section>`;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function comparisonTable({ comparison }: Result): string {
  if (comparison === undefined) return "";
  const rows = comparison.map(
    ({ what, paper, here }) =>
      `<tr><td class="wrap">${escapeHtml(what)}</td><td class="wrap">${escapeHtml(paper)}</td><td class="wrap">${escapeHtml(here)}</td></tr>`,
  );
  return `<h3>Beside the paper</h3><div class="scroll"><table><thead><tr><th></th><th>the paper</th><th>here</th></tr></thead><tbody>${rows.join("\n")}</tbody></table></div>`;
}

function testTable({ tests }: Result): string {
  const rows = tests.map(
    (test) =>
      `<tr><td class="claim">${escapeHtml(test.claim)}</td><td${test.finding === "supported" ? "" : ' class="danger"'}>${FINDING_MARKS[test.finding]}</td><td class="number">${escapeHtml(statisticOf(test))}</td><td class="claim quiet">${escapeHtml(test.method)}</td></tr>`,
  );
  return `<details><summary>${plural(tests.length, "test")}</summary><div class="scroll"><table><thead><tr><th>claim</th><th></th><th class="number">statistic</th><th>method</th></tr></thead><tbody>${rows.join("\n")}</tbody></table></div></details>`;
}

function colophon(results: readonly Result[], seed: number, size: Reproduction["size"]): string {
  const seconds = results.reduce((sum, result) => sum + result.seconds, 0);
  const facts = {
    seed: `${seed}; the same seed gives the same numbers`,
    size: size === "full" ? "full" : "quick: smaller networks, fewer seeds and steps",
    verdicts:
      "Each claim is tested at the 1 % level, and put so that data can refute it as well as support it: t-tests of means, two one-sided tests where things are said to be equal, and derived bounds where only rounding is in question. A statement holds if all its claims as written are supported, holds only if where those under its condition are.",
    data: "Digits: 1,797 images of 8 × 8 pixels by E. Alpaydin and C. Kaynak (UCI Machine Learning Repository, CC BY 4.0), each pixel standardised.",
    "blue and orange":
      "Blue is the forward signal, orange the gradient, magenta what has gone wrong; thin grey lines are theory.",
    time: formatSeconds(seconds),
  };
  return `<section><h2>How this was made</h2><dl>${Object.entries(facts)
    .map(([term, fact]) => `<dt>${escapeHtml(term)}</dt><dd>${escapeHtml(fact)}</dd>`)
    .join("")}</dl></section>`;
}
