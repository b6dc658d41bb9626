/** The size of every layer's signal and gradient, predicted or measured: what the rules on signals read. */

import type { ActivationReference } from "../../model/types.ts";

export interface LayerSignal {
  readonly weight: string;
  readonly node: string;
  /** The layer's pre-activation. */
  readonly tensor: string;
  readonly mean: number;
  /** E[z²]. */
  readonly secondMoment: number;
  /** The part of E[z²] that differs between two inputs: E[z²] − E[z z'] with z' from another sample. */
  readonly distinct: number;
  /** Σ over the layer's outputs of E[(∂L/∂z)²], one sample, L = Σ y·g, g ~ N(0, 1). */
  readonly gradient: number;
  /** Σ over the weight of E[(∂L/∂w)²]: the layer's share of the tangent kernel (Jacot 2018). */
  readonly weightGradient: number;
  readonly activation: { readonly label: string; readonly reference: ActivationReference } | null;
  /** Share of units and inputs whose slope is under 1/20 of the steepest, flat ones left out; null without activation. */
  readonly saturated: number | null;
}

/** Units of one layer that no input moves. */
export interface DeadUnits {
  readonly weight: string;
  readonly node: string;
  readonly activation: string;
  /** Units that next to no input moves, and those of them that none does: training may still free the former. */
  readonly dead: number;
  readonly stuck: number;
  readonly units: number;
  /** The parameter that holds them down: a bias, a norm's shift, or the weight itself. */
  readonly cause: string;
}

export interface OutputSignal {
  readonly tensor: string;
  readonly secondMoment: number;
}

export interface Signals {
  readonly source: "predicted" | "measured";
  /** In the graph's order, one a use of a weight. */
  readonly layers: readonly LayerSignal[];
  readonly dead: readonly DeadUnits[];
  readonly outputs: ReadonlyMap<string, OutputSignal>;
  /** Mean square of one entry of the real-valued input. */
  readonly input: number;
}
