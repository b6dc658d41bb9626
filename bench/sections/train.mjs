import { row } from "../rows.mjs";
import { measureTraining } from "../train.mjs";

export const title = "One training step, 784-256-256-10, batch 128, SGD";

/** A part of the peer's name, and how many times as fast as it a step has to be. By hand: at most 1.2 times as long. */
const LEAST = [
  ["TF.js", 9],
  ["PyTorch", 1],
  ["by hand", 1 / 1.2],
];

export async function measure({ quick }) {
  const [own, ...others] = await measureTraining({ rounds: quick ? 5 : 30 });
  const ours = { value: own.milliseconds, unit: "ms" };
  return LEAST.map(([part, least]) => {
    const found = others.find(({ name }) => name.includes(part));
    const peer = found === undefined ? null : { name: found.name, value: found.milliseconds, unit: "ms" };
    const budget = { of: "ratio", least };
    return row(`beside ${part === "by hand" ? "jax-js by hand" : part}`, ours, {
      peer,
      ratio: found?.ratio ?? null,
      budget,
    });
  });
}
