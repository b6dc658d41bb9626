import { measureLab } from "../lab.mjs";
import { median, row } from "../rows.mjs";

export const title = "The lab's first screen";

export async function measure({ quick }) {
  const runs = Array.from({ length: quick ? 1 : 3 }, measureLab);
  const of = (name) => {
    const found = runs.map((run) => run[name]).filter((value) => value !== null);
    return found.length === 0 ? null : median(found);
  };
  const figure = (what, name, unit, most) => {
    const value = of(name);
    return row(what, value === null ? null : { value, unit }, { budget: { of: "ours", most, unit } });
  };
  return [
    figure("first paint", "paint", "ms", 1000),
    figure("from a slider's move to the new theory, 50 layers", "slider", "ms", 1000 / 60),
    figure("first load, gzipped", "kilobytes", "kB", 200),
  ];
}
