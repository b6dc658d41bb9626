// What every section of `npm run bench` is made of: rows that say what was measured, beside whom, and what was promised.
//
//   { what, ours: { value, unit } | null, peer: { name, value, unit } | null, ratio, budget, met }
//
// `ratio` is how many times as fast as the peer ours is. `budget` is { of: "ratio" | "ours", least | most } or null; `met` is null
// where nothing is promised, or where the peer is not there.

/** In the order of the table. Each is a module of bench/sections with `title` and `measure({ quick, … })` → rows. */
export const SECTIONS = ["fill", "orthogonal", "plan", "memory", "quadrature", "train", "lab", "check"];

export const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

function isMet(budget, ours, ratio) {
  const value = budget?.of === "ratio" ? ratio : (ours?.value ?? null);
  if (budget === null || value === null) return null;
  return value >= (budget.least ?? Number.NEGATIVE_INFINITY) && value <= (budget.most ?? Number.POSITIVE_INFINITY);
}

/** @param ratio left out where there is no peer */
export function row(what, ours, { peer = null, ratio = null, budget = null } = {}) {
  return { what, ours, peer, ratio, budget, met: isMet(budget, ours, ratio) };
}

/** A rate (more is better) beside a peer's, with the least ratio that was promised, if one was. */
export function rateRow(what, value, unit, peer, least = null) {
  const there = peer !== null && peer.value !== null;
  return row(
    what,
    { value, unit },
    {
      peer: there ? { ...peer, unit } : null,
      ratio: there ? value / peer.value : null,
      budget: least === null ? null : { of: "ratio", least },
    },
  );
}

/** A time or a size (less is better) that may be so much at most. */
export const mostRow = (what, value, unit, most) =>
  row(what, { value, unit }, { budget: most === null ? null : { of: "ours", most } });

const digits = (value) =>
  value === 0 ? "0" : value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toPrecision(3);
const quantity = (given) => (given === null ? "" : `${digits(given.value)} ${given.unit}`.trim());
const times = (value) => (value === null ? "" : `×${value.toFixed(value < 10 ? 2 : 1)}`);

function promise({ budget, ours }) {
  if (budget === null) return "";
  const rounded = (value) => String(Number(value.toPrecision(3)));
  const unit = (value) =>
    budget.of === "ratio" ? `×${rounded(value)}` : `${rounded(value)} ${ours?.unit ?? budget.unit ?? ""}`.trim();
  return budget.least === undefined ? `≤ ${unit(budget.most)}` : `≥ ${unit(budget.least)}`;
}

const said = ({ budget, met }) => (budget === null ? "" : met === null ? "not measured" : met ? "met" : "**not met**");

/** Said of a section that had to share the machine: its times are not what they would be alone. */
const busy = (load) => (load > 1 ? ` (load ${load.toFixed(1)} when it began)` : "");
const hasty = (quick) => (quick ? " (few rounds, small data)" : "");

/** One table of all sections, as Markdown. */
export function table(sections) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  const lines = [
    line(["", "measured", "beside", "ratio", "promised", ""]),
    "|---|--:|--:|--:|--:|---|",
    ...sections.flatMap(({ title, rows, load, quick, failure }) => [
      line([
        `**${title}**${hasty(quick)}${busy(load)}`,
        "",
        "",
        "",
        "",
        failure === undefined ? "" : `failed: ${failure}`,
      ]),
      ...rows.map((each) =>
        line([
          each.what,
          quantity(each.ours),
          each.peer === null ? "" : `${each.peer.name} ${quantity(each.peer)}`,
          times(each.ratio),
          promise(each),
          said(each),
        ]),
      ),
    ]),
  ];
  return lines.join("\n");
}

/** How many promises were kept, in a sentence. */
export function tally(sections) {
  const promised = sections.flatMap(({ rows }) => rows).filter(({ budget }) => budget !== null);
  const count = (met) => promised.filter((each) => each.met === met).length;
  const open = count(null) === 0 ? "" : `, ${count(null)} not measured here`;
  return `${count(true)} of ${promised.length} budgets met, ${count(false)} not met${open}.`;
}

/** What `npm run bench -- --save` left, as a page shows it: the machine, the tally, and the table of these sections. */
export function saved({ machine, sections }, names = SECTIONS) {
  const shown = sections.filter(({ name }) => names.includes(name.split(" ")[0]));
  const days = shown.map(({ measured }) => measured.slice(0, 10)).sort();
  const when = days[0] === days.at(-1) ? days[0] : `${days[0]} to ${days.at(-1)}`;
  const where = `${machine.processors} processors (${machine.model}), ${machine.gigabytes} GB, Node ${machine.node.slice(1)}, ${when}.`;
  const missing = names.filter((name) => !shown.some((each) => each.name.split(" ")[0] === name));
  const open = missing.length === 0 ? "" : ` Sections that nobody has saved yet: ${missing.join(", ")}.`;
  return `${where} ${tally(shown)}${open}\n\n${table(shown)}`;
}
