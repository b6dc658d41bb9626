/** The catalogue as a Markdown table: docs/activations.md is this text, and a test keeps it so. */

import { CATALOGUE, type CatalogueEntry } from "./catalogue/index.ts";
import { criticalPoint } from "./maps/critical.ts";
import { moments } from "./moments.ts";
import { resolveActivation } from "./resolve.ts";

const digits = (v: number): string => (Number.isFinite(v) ? String(Number(v.toPrecision(6))) : "∞");

function row(entry: CatalogueEntry): string {
  const activation = resolveActivation({ kind: "named", name: entry.name, parameters: {} });
  const m = moments(activation);
  const critical = criticalPoint(activation, { biasVariance: 0.05 }) ?? criticalPoint(activation, { biasVariance: 0 });
  const parameters = entry.parameters.map((p) => `${p.name} = ${digits(p.default)}`).join(", ");
  const point = critical ? `(${digits(critical.biasVariance)}, ${digits(critical.weightVariance)})` : "none";
  const cells = [
    `\`${entry.name}\``,
    entry.formula.replaceAll("|", "\\|"),
    parameters,
    digits(1 / Math.sqrt(m.secondMoment)),
    digits(m.derivativeSecondMoment / m.secondMoment),
    point,
    entry.aliases.map((alias) => `\`${alias}\``).join(" "),
    entry.reference,
  ];
  return `| ${cells.join(" | ")} |`;
}

/** The document, ending in a newline. */
export function describeCatalogue(): string {
  const notes = CATALOGUE.filter((entry) => entry.note).map((entry) => `- \`${entry.name}\`: ${entry.note}`);
  return [
    "# Activations",
    "",
    "Written by `describeCatalogue` in `src/activation/describe.ts`; a test keeps this page current.",
    "",
    "Case, `_`, `-` and a module path do not matter in a name: `torch.nn.LeakyReLU(0.1)` is `leaky_relu(0.1)`.",
    "",
    "- gain: 1/√E[φ(Z)²], Z ~ N(0, 1): the factor of the weights' standard deviation 1/√fan-in that keeps the forward signal.",
    "- χ₁: E[φ′(Z)²]/E[φ(Z)²], what the gradient is multiplied by a layer at that gain.",
    "- critical: (σ_b², σ_w²) on the edge of chaos, at σ_b² = 0.05 where it exists, else at 0. σ_w² = fan-in · Var(W).",
    "",
    "| name | φ(x) | parameters | gain | χ₁ | critical | also known as | source |",
    "|---|---|---|---|---|---|---|---|",
    ...CATALOGUE.map(row),
    "",
    "Notes:",
    "",
    ...notes,
    "",
    "## Functions of an expression",
    "",
    "Everything above is built from these: one argument: neg exp expm1 log log1p sqrt abs sign step sin cos tan atan tanh sinh cosh",
    "erf sigmoid softplus relu reciprocal floor; two: add sub mul div pow min max. `step` is 1 above 0 and 0 at and below it, `sign` is",
    "0 at 0. A product with an exact 0 is 0 even beside an infinity. Derivatives stay within the same list.",
    "",
  ].join("\n");
}
