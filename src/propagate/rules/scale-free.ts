/**
 * Layers whose size the batch statistics right behind them take out (Ioffe & Szegedy 2015, §3.3). Two things follow.
 *
 * The scale 1/s of an output channel and the weights w that made it are not independent: s² = wᵀCw grows with |w|², and
 * E[|w|²/s²] is less than E[|w|²] E[1/s²] by Cov(|w|², s²)/(E|w|² E[s²]) = (κ − 1)/fan, C's diagonal being level.
 *
 * A depthwise layer scales each channel alone, and what comes back to channel x is orthogonal to x and to 1 over the batch:
 * Σ δ x = Σ (wᵀδ_z) x = Σ δ_z z = 0. A normalization before it, x = φ(y), y = γŷ + β, then has ∂L/∂γ = Σ δ φ'(y)ŷ and ∂L/∂β =
 * Σ δ φ'(y) of what 1 and φ leave of φ'(y)y and φ'(y): nothing of the first where φ is a rectifier.
 */

import type { Activation } from "../../activation/index.ts";
import { expectations } from "../../gaussian/index.ts";
import type { ConvNode, LinearNode, Node, NormalizeNode } from "../../model/types.ts";
import { type Context, stateOf } from "../context.ts";
import { activationOf } from "../law/form.ts";
import { scalings } from "./standardize.ts";

const soleReader = (context: Context, tensor: string): Node | null => {
  const readers = context.consumers.get(tensor) ?? [];
  return readers.length === 1 && !context.model.outputs.includes(tensor) ? readers[0] : null;
};

const normalizedByBatch = (context: Context, node: Node): boolean => {
  const next = soleReader(context, node.outputs[0]);
  return context.mode === "train" && next?.kind === "normalize" && next.method === "batch";
};

/** E[|w|²/s²] / (E[|w|²] E[1/s²]) of a layer's outputs; 1 where no batch statistics follow at once. */
export function sizeShare(context: Context, node: ConvNode | LinearNode, fan: number): number {
  if (!context.batchStatistics || !normalizedByBatch(context, node)) return 1;
  return 1 / (1 + ((context.law(node.weight).kurtosis ?? 3) - 1) / Math.max(1, fan));
}

interface Shares {
  readonly scale: number;
  readonly shift: number;
  /** What ε lets through of the scale's gradient: the later scale's, times (ε/(s² + ε))². */
  readonly leak: number;
}

const ALL: Shares = { scale: 1, shift: 1, leak: 0 };

/** Dividing by √(s² + ε) leaves Σ δ_z z = ε/(s² + ε) Σ δ ẑ. */
function leakOf(context: Context, layer: ConvNode): number {
  const norm = soleReader(context, layer.outputs[0]);
  if (norm?.kind !== "normalize" || norm.scale === null) return 0;
  const [by] = scalings(norm, context, stateOf(context, norm.inputs[0]));
  return (context.parameterGradients.get(norm.scale) ?? 0) * (norm.epsilon * by.inverse) ** 2;
}

/** What is left of the gradients of a normalization's scale and shift where a depthwise layer and batch statistics follow. */
export function sharesBefore(context: Context, node: NormalizeNode): Shares {
  if (context.mode !== "train" || node.method !== "batch") return ALL;
  const next = soleReader(context, node.outputs[0]);
  const layer = next?.kind === "activation" ? soleReader(context, next.outputs[0]) : next;
  const channels = layer?.kind === "conv" ? context.model.tensors.get(layer.inputs[0])?.shape[1] : undefined;
  if (layer?.kind !== "conv" || layer.groups !== channels || channels === 1) return ALL;
  if (!normalizedByBatch(context, layer)) return ALL;
  const leak = leakOf(context, layer);
  if (next?.kind !== "activation") return { scale: 0, shift: 1, leak };
  const shift = node.shift === null ? 0 : context.law(node.shift).mean;
  const scale = node.scale === null ? 1 : context.law(node.scale).mean;
  return scale === 0 || shift !== 0 ? ALL : { ...left(activationOf(context, next), scale * scale), leak };
}

/** 1 − R² of φ'(y)y and of φ'(y) on φ(y), all centred, y ~ N(0, variance). */
function left(activation: Activation, variance: number): Omit<Shares, "leak"> {
  const { values } = expectations(
    (y, out) => {
      const f = activation.value(y);
      const slope = activation.derivative(y);
      out[0] = f;
      out[1] = slope;
      out[2] = slope * y;
      out[3] = f * f;
      out[4] = slope * slope;
      out[5] = slope * y * slope * y;
      out[6] = f * slope;
      out[7] = f * slope * y;
    },
    8,
    { mean: 0, variance, breaks: activation.breaks, features: activation.features },
  );
  const [f, slope, along, ff, ss, aa, fs, fa] = values;
  const own = ff - f * f;
  const share = (square: number, both: number) =>
    own <= 0 || square <= 1e-12 ? 1 : Math.max(0, 1 - (both * both) / (own * square));
  return { scale: share(aa - along * along, fa - f * along), shift: share(ss - slope * slope, fs - f * slope) };
}
