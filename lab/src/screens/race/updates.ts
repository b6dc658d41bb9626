/**
 * How far one step moves each layer, as a share of what it holds: ‖ΔW‖₂/‖W‖₂. Some 1/1000 is the usual rule of thumb; a
 * step of the size of the weights themselves throws away what the layer was.
 */

/** One number a layer; Infinity where weights leave 0. */
export type Ratios = readonly number[];

/** A layer's weights are replaced rather than changed where a step is as large as they are. */
const REPLACED = 1;

export function ratiosOf(
  names: readonly string[],
  before: ReadonlyMap<string, Float32Array>,
  after: ReadonlyMap<string, Float32Array>,
): Ratios {
  return names.map((name) => {
    const [old, now] = [before.get(name) ?? new Float32Array(0), after.get(name) ?? new Float32Array(0)];
    let [change, size] = [0, 0];
    for (let i = 0; i < old.length; i++) {
      change += (now[i]! - old[i]!) ** 2;
      size += old[i]! ** 2;
    }
    return change === 0 ? 0 : Math.sqrt(change / size);
  });
}

export interface Beginning {
  /** Counted from the input, 1 is the first. */
  readonly layer: number;
  readonly weight: string;
  readonly step: number;
  /** ‖ΔW‖/‖W‖ of that step there. */
  readonly ratio: number;
}

/**
 * Where a divergence began: the first step that moved any layer by as much as its weights are large, and of its layers the
 * one that moved furthest; where no step did, the furthest move of all. Layers that start at 0 have no share to speak of.
 * Null where no step was made.
 */
export function beginningOf(names: readonly string[], history: readonly Ratios[]): Beginning | null {
  const size = (ratio: number) => (Number.isNaN(ratio) ? Number.MAX_VALUE : Number.isFinite(ratio) ? ratio : -1);
  const largest = history.map((ratios) => Math.max(-1, ...ratios.map(size)));
  const first = largest.findIndex((ratio) => ratio >= REPLACED);
  const step = first >= 0 ? first : largest.indexOf(Math.max(...largest));
  const ratios = history[step];
  if (ratios === undefined) return null;
  const layer = ratios.findIndex((ratio) => size(ratio) === largest[step]);
  if (layer < 0) return null;
  return { layer: layer + 1, weight: names[layer] ?? "", step, ratio: ratios[layer] ?? Number.NaN };
}
