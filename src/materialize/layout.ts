/**
 * Which tensors go into which file of a sharded model, and the index that says so: names, order and text as Hugging Face
 * writes them (huggingface_hub 0.26, `serialization/_base.py` and `_torch.py`), so that its loaders and a byte comparison agree.
 */

import type { TensorSlot } from "../formats/safetensors/index.ts";
import { shardOf } from "./shard.ts";
import { bytesOf, totalBytes } from "./slots.ts";

export interface LayoutFile<Slot extends TensorSlot> {
  readonly name: string;
  readonly slots: readonly Slot[];
}

export interface Layout<Slot extends TensorSlot> {
  readonly files: readonly LayoutFile<Slot>[];
  /** Null where one file holds everything. */
  readonly index: { readonly name: string; readonly text: string } | null;
}

/**
 * Tensors in order, a new file where the next one would exceed `most` bytes of data; a tensor larger than that has a file
 * of its own, which comes before the one that was being filled.
 */
export function splitBySize<Slot extends TensorSlot>(slots: readonly Slot[], most: number): Slot[][] {
  const groups: Slot[][] = [];
  let current: Slot[] = [];
  let size = 0;
  for (const slot of slots) {
    const bytes = bytesOf(slot);
    if (bytes > most) {
      groups.push([slot]);
      continue;
    }
    if (size + bytes > most) {
      groups.push(current);
      current = [];
      size = 0;
    }
    current.push(slot);
    size += bytes;
  }
  if (current.length > 0 || groups.length === 0) groups.push(current);
  return groups;
}

/** One file for each of `count` ranks, about equal in bytes; empty ones where there are more ranks than tensors. */
export function splitByCount<Slot extends TensorSlot>(slots: readonly Slot[], count: number): Slot[][] {
  return Array.from({ length: count }, (_, i) => shardOf(slots, bytesOf, { index: i + 1, count }));
}

const five = (n: number): string => String(n).padStart(5, "0");

/**
 * Files and index of the groups, named after `weights`, such as "model.safetensors".
 *
 * @example layoutOf([[a], [b]], "model.safetensors").files[0]?.name // "model-00001-of-00002.safetensors"
 */
export function layoutOf<Slot extends TensorSlot>(groups: readonly (readonly Slot[])[], weights: string): Layout<Slot> {
  const [only] = groups;
  if (groups.length === 1 && only) return { files: [{ name: weights, slots: only }], index: null };
  const stem = weights.replace(/\.safetensors$/, "");
  const files = groups.map((slots, i) => ({
    name: `${stem}-${five(i + 1)}-of-${five(groups.length)}.safetensors`,
    slots,
  }));
  return { files, index: { name: `${weights}.index.json`, text: indexText(files) } };
}

/** By code points, as Python sorts; JavaScript's own order differs beyond U+FFFF. */
function byCodePoint([a]: readonly [string, string], [b]: readonly [string, string]): number {
  const left = Array.from(a, (char) => char.codePointAt(0) ?? 0);
  const right = Array.from(b, (char) => char.codePointAt(0) ?? 0);
  const at = left.findIndex((code, i) => code !== right[i]);
  return at === -1 ? left.length - right.length : (left[at] ?? -1) - (right[at] ?? -1);
}

/** Python's `json.dumps(index, indent=2, sort_keys=True) + "\n"`: characters beyond ASCII escaped. */
function indexText<Slot extends TensorSlot>(files: readonly LayoutFile<Slot>[]): string {
  const homes = files.flatMap(({ name, slots }) => slots.map((slot) => [slot.name, name] as const)).sort(byCodePoint);
  const total = files.reduce((sum, { slots }) => sum + totalBytes(slots), 0);
  // Written line by line: an object would put names that look like numbers first.
  const quoted = (text: string) =>
    JSON.stringify(text).replace(
      /[\u007f-\uffff]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
  const lines = homes.map(([tensor, file]) => `    ${quoted(tensor)}: ${quoted(file)}`);
  const map = lines.length === 0 ? "{}" : `{\n${lines.join(",\n")}\n  }`;
  return `{\n  "metadata": {\n    "total_size": ${total}\n  },\n  "weight_map": ${map}\n}\n`;
}

/** What Hugging Face cuts at. */
export const DEFAULT_SHARD_BYTES = 5e9;
