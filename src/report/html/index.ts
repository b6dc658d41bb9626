/** The plan as one self-contained page: no scripts, no requests; charts, table, reasons, provenance. */

import { describe } from "../../init/index.ts";
import type { Plan } from "../../plan/types.ts";
import { cautionsOf, groupParameters, groupReasons } from "../groups.ts";
import type { MeasuredLayer } from "../layer-table.ts";
import { formatCount, formatNumber, formatShape, formatShare, plural } from "../number.ts";
import { saturatedShare } from "../units.ts";
import { signalFinding, verdictOf } from "../verdict.ts";
import { signalChart } from "./chart.ts";
import { escapeHtml } from "./escape.ts";
import { pageStyle } from "./style.ts";

export interface PageOptions {
  /** Measured mean squares by weight, drawn as circles. */
  readonly measured?: ReadonlyMap<string, MeasuredLayer>;
  /** More facts for the end of the page: what was written, when, from what. */
  readonly provenance?: Readonly<Record<string, string>>;
  /** One more sentence under the title, such as the verification's outcome. */
  readonly note?: string;
}

/**
 * A page of HTML.
 *
 * @example await planPage(plan, { provenance: { file: "weights.safetensors" } })
 */
export async function planPage(
  plan: Plan,
  { measured = new Map(), provenance = {}, note }: PageOptions = {},
): Promise<string> {
  const verdict = verdictOf(plan);
  const { model } = plan;
  const facts = `${plural(model.parameters, "parameter")}, ${plural(model.scalars, "scalar")}; scheme ${plan.scheme}, seed ${plan.seed}.`;
  const charts = plan.layers.length === 0 ? [] : await chartsOf(plan, measured);
  const sections = [
    `<h1>${escapeHtml(verdict.title)}</h1>`,
    `<p class="quiet">${escapeHtml(model.name)}: ${escapeHtml(facts)}</p>`,
    note === undefined ? "" : `<p>${escapeHtml(note)}</p>`,
    ...charts,
    plan.layers.length === 0 ? "" : `<h2>Layers, from input to output</h2>${layerTable(plan, measured)}`,
    `<h2>Every parameter</h2>${parameterTable(plan)}`,
    `<h2>Why</h2><ul>${reasons(plan)}</ul>`,
    cautions(plan),
    `<h2>Where this comes from</h2>${provenanceList(plan, provenance)}`,
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(model.name)}: ${escapeHtml(verdict.title)}</title><style>${pageStyle}</style></head>
<body><main>
${sections.filter((section) => section !== "").join("\n")}
</main></body></html>
`;
}

async function chartsOf(plan: Plan, measured: ReadonlyMap<string, MeasuredLayer>): Promise<string[]> {
  const { forward, gradient } = verdictOf(plan);
  const point = (predicted: number, weight: string) => ({
    layer: weight,
    predicted,
    measured: measured.get(weight) ?? null,
  });
  return [
    await signalChart(
      plan.layers.map((layer) => point(layer.output.secondMoment, layer.weight)),
      {
        quantity: "forward",
        title: signalFinding("The forward signal", forward),
        axis: "mean square of the layer's output",
      },
    ),
    await signalChart(
      plan.layers.map((layer) => point(layer.gradient.secondMoment, layer.weight)),
      {
        quantity: "gradient",
        title: signalFinding("The gradient", gradient),
        axis: "mean square of ∂L/∂(layer's output)",
      },
    ),
  ];
}

function layerTable(plan: Plan, measured: ReadonlyMap<string, MeasuredLayer>): string {
  const tensors = new Map(plan.tensors.map((tensor) => [tensor.name, tensor]));
  const withDots = measured.size > 0;
  const number = (value: number | null | undefined, kind: string) =>
    `<td class="number ${kind}">${value === null || value === undefined ? "" : formatNumber(value)}</td>`;
  const rows = plan.layers.map((layer) => {
    const tensor = tensors.get(layer.weight);
    const dot = measured.get(layer.weight);
    const share = saturatedShare(layer) ?? 0;
    const saturated = share >= 0.2 ? `, <span class="danger">${formatShare(share)} saturated</span>` : "";
    return `<tr><td class="name">${escapeHtml(layer.weight)}</td><td class="number">${tensor?.fanIn ?? ""} → ${tensor?.fanOut ?? ""}</td><td>${
      tensor === undefined ? "" : escapeHtml(describe(tensor.initializer))
    }</td><td class="number">${tensor === undefined ? "" : formatNumber(tensor.std)}</td>${number(layer.output.secondMoment, "forward")}${
      withDots ? number(dot?.forward, "forward") : ""
    }${number(layer.gradient.secondMoment, "gradient")}${withDots ? number(dot?.gradient, "gradient") : ""}<td>${escapeHtml(
      layer.activation ?? "",
    )}${saturated}</td></tr>`;
  });
  const measuredHead = withDots ? '<th class="number">measured</th>' : "";
  return `<div class="scroll"><table><thead><tr><th>layer</th><th class="number">fan</th><th>initializer</th><th class="number">std</th><th class="number">forward</th>${measuredHead}<th class="number">gradient</th>${measuredHead}<th>then</th></tr></thead><tbody>${rows.join("\n")}</tbody></table></div>`;
}

function parameterTable(plan: Plan): string {
  const rows = groupParameters(plan.tensors).map((group) => {
    const names = group.tensors.map((tensor) => escapeHtml(`${tensor.name} ${formatShape(tensor.shape)}`)).join(", ");
    return `<tr><td>${escapeHtml(`${group.op} ${group.role}`)}</td><td class="number">${formatCount(group.tensors.length)}</td><td>${escapeHtml(group.initializer)}</td><td class="name long">${names}</td></tr>`;
  });
  return `<div class="scroll"><table><thead><tr><th>use</th><th class="number">count</th><th>initializer</th><th>names</th></tr></thead><tbody>${rows.join("\n")}</tbody></table></div>`;
}

function reasons(plan: Plan): string {
  return groupReasons(plan.tensors)
    .map(({ first, count, why }) => {
      const like = count === 1 ? "" : ` and ${formatCount(count - 1)} like it`;
      return `<li><b>${escapeHtml(first + like)}</b>: ${escapeHtml(why)}</li>`;
    })
    .join("\n");
}

function cautions(plan: Plan): string {
  const items = cautionsOf(plan);
  if (items.length === 0) return "";
  return `<h2>To know</h2><ul>${items.map((item) => `<li>${escapeHtml(item)}</li>`).join("\n")}</ul>`;
}

function provenanceList(plan: Plan, provenance: Readonly<Record<string, string>>): string {
  const facts = {
    model: `${plan.model.name} (${plan.model.format})`,
    scheme: plan.scheme,
    seed: String(plan.seed),
    ...provenance,
    forward: "mean square of a layer's output before its activation, over units, inputs and draws",
    gradient: "mean square of ∂L/∂(that output) for one sample, L = Σ y·g with g ~ N(0, 1) at every output",
  };
  return `<dl>${Object.entries(facts)
    .map(([term, fact]) => `<dt>${escapeHtml(term)}</dt><dd>${escapeHtml(fact)}</dd>`)
    .join("")}</dl>`;
}
