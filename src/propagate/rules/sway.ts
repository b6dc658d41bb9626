/** How the covariance of a gradient with the overlaps' fluctuation goes back through activations, gates and layers (law/scatter.ts). */

import type { Activation } from "../../activation/index.ts";
import { type GradientPart, totalKernel } from "../context.ts";
import { diagonal, type Kernel, positions } from "../kernel/kernel.ts";
import { activationMap } from "../law/activation-map.ts";
import { curvatureProduct, handedBack, relativeSway, sumOverOthers } from "../law/scatter.ts";
import type { Part } from "../state/state.ts";
import { winnersMean } from "./coupling.ts";

type Sway = Pick<GradientPart, "sway" | "bend">;

const NONE: Sway = {};

const some = (sway: number): Sway => (sway === 0 ? NONE : { sway });

/** Correlations closer than this share a curvature: of a term that is itself a correction, an error of a hundredth. */
const STEP = 0.02;

const sameAxes = (part: Part, gradient: GradientPart): boolean =>
  part.kernel.sizes.length > 0 && part.kernel.sizes.length === gradient.kernel.sizes.length;

/** δ_z = φ'(z) δ: the sway of δ by E[φ'φ'] of distant positions, and d E[φ'φ']/dK times the overlap's own deviation. */
export function swayBehind(activation: Activation, part: Part, gradient: GradientPart): Sway {
  const variance = diagonal(part.kernel) - part.mean ** 2;
  const count = positions(part.kernel);
  if (count === 1 || variance <= 0 || !sameAxes(part, gradient)) return NONE;
  const own = relativeSway(part) * diagonal(part.kernel);
  if (own === 0 && !gradient.sway) return NONE;
  const map = activationMap(activation, part.mean, variance);
  const centre = (raw: number) => (raw * diagonal(part.kernel) - part.mean ** 2) / variance;
  const passed = (gradient.sway ?? 0) * map.slopeProduct(centre(part.kernel.far));
  if (own === 0) return some(passed);
  const known = new Map<number, number>();
  const curvature = (raw: number): number => {
    const step = Math.round(centre(raw) / STEP);
    const value = known.get(step) ?? curvatureProduct(map, variance, step * STEP);
    known.set(step, value);
    return value;
  };
  const { selected } = gradient;
  const plain = sumOverOthers(selected ? gradient.kernel : totalKernel(gradient), part.kernel, curvature);
  const won = selected
    ? (winnersMean(activation, selected.law, part.mean, Math.sqrt(variance)) ** 2 *
        sumOverOthers(selected.kernel, part.kernel, () => 1)) /
      variance
    : 0;
  const bend = (diagonal(part.kernel) * (plain + won)) / (count * count);
  return { ...some(passed + relativeSway(part) * bend), bend };
}

/** Of the gradient of one operand of a product: `other` multiplies it at both positions and fluctuates itself. */
export function swayBehindGate(other: Part, gradient: GradientPart): Sway {
  const count = positions(gradient.kernel);
  const level = diagonal(other.kernel);
  const passed = (gradient.sway ?? 0) * level * (other.kernel.sizes.length === 0 ? 1 : other.kernel.far);
  if (count === 1 || !sameAxes(other, gradient)) return some(passed);
  const alone = sumOverOthers(totalKernel(gradient), gradient.kernel, () => 1);
  return some(passed + (relativeSway(other) * level * alone) / (count * count));
}

/** Of the gradient of a layer's input. */
export const swayBehindLayer = (input: Part, passed: GradientPart): GradientPart =>
  passed.sway ? { ...passed, sway: passed.sway * handedBack(input) } : passed;

/** Σ over pairs of positions: a weight's gradient gains it times the deviation of its input's overlap. */
export const swayOverPairs = (gradient: GradientPart, over: Kernel): number =>
  (gradient.sway ?? 0) * positions(over) ** 2;
