/** Long models repeat their blocks; a block that repeats is shown once, with the span of its indices. */

import { describe } from "../init/index.ts";
import type { PlannedLayer, PlannedTensor } from "../plan/types.ts";

const BLOCK_INDEX = /^(.*?\.)(\d+)(\..*)$/;

interface Block {
  readonly prefix: string;
  readonly index: number;
  readonly layers: PlannedLayer[];
}

function blocksOf(layers: readonly PlannedLayer[]): (Block | PlannedLayer)[] {
  const parts: (Block | PlannedLayer)[] = [];
  for (const layer of layers) {
    const match = BLOCK_INDEX.exec(layer.weight);
    const prefix = match?.[1];
    if (prefix === undefined) {
      parts.push(layer);
      continue;
    }
    const index = Number(match?.[2]);
    const last = parts.at(-1);
    if (last !== undefined && "layers" in last && last.prefix === prefix && last.index === index)
      last.layers.push(layer);
    else parts.push({ prefix, index, layers: [layer] });
  }
  return parts;
}

/** Blocks are alike where their layers have the same names, shapes, kinds of initializer and activations. */
function signature(block: Block, tensors: ReadonlyMap<string, PlannedTensor>): string {
  return block.layers
    .map((layer) => {
      const tensor = tensors.get(layer.weight);
      const name = layer.weight.slice(block.prefix.length + String(block.index).length);
      return `${name} ${tensor?.shape.join("x")} ${tensor?.initializer.kind} ${tensor === undefined ? "" : describe(tensor.initializer)} ${layer.activation}`;
    })
    .join("\n");
}

/**
 * Rows in which runs of like blocks (`h.0.…`, `h.1.…`, …) are one block named `h.0–11.…`. Its numbers are those of the run's
 * last block: what a trend has come to by then.
 */
export function foldLayers(
  layers: readonly PlannedLayer[],
  tensors: ReadonlyMap<string, PlannedTensor>,
): readonly FoldedLayer[] {
  const rows: FoldedLayer[] = [];
  const parts = blocksOf(layers);
  for (let i = 0; i < parts.length; i++) {
    const first = parts[i];
    if (first === undefined) continue;
    if (!("layers" in first)) {
      rows.push({ ...first, label: first.weight });
      continue;
    }
    let last = first;
    const kind = signature(first, tensors);
    for (let next = parts[i + 1]; next !== undefined && "layers" in next; next = parts[i + 1]) {
      if (next.prefix !== first.prefix || next.index !== last.index + 1 || signature(next, tensors) !== kind) break;
      last = next;
      i++;
    }
    const span = first === last ? String(first.index) : `${first.index}–${last.index}`;
    const { prefix, index } = last;
    rows.push(
      ...last.layers.map((layer) => ({
        ...layer,
        label: prefix + span + layer.weight.slice(prefix.length + String(index).length),
      })),
    );
  }
  return rows;
}

export interface FoldedLayer extends PlannedLayer {
  /** The name to show: the weight's, with the span of indices where blocks were folded. */
  readonly label: string;
}
