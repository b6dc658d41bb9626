/** Where in a checkpoint the weights are: the state dict itself, or one beside epochs, losses and an optimizer's state. */

import type { PickleValue } from "../pickle/index.ts";
import { DICTS } from "./globals.ts";
import { isTensor } from "./tensor.ts";

export interface NamedTensor {
  readonly name: string;
  readonly value: PickleValue;
}

/** What libraries call the weights in their checkpoints, the most telling first. */
const WRAPPER_KEYS = [
  "state_dict",
  "model_state_dict",
  "model_state",
  "model",
  "module",
  "net",
  "network",
  "weights",
  "params",
  "ema_state_dict",
  "state_dict_ema",
  "model_ema",
];

const NOT_WEIGHTS = /optim|sched|scaler|^(loops|callbacks|hyper_parameters|args|config|hparams|rng|epoch|step)/i;

/** Nested dictionaries deeper than this are no module tree. */
const MAX_DEPTH = 32;
const MAX_TENSORS = 1_000_000;

function entriesOf(value: PickleValue): ReadonlyMap<PickleValue, PickleValue> | null {
  if (typeof value !== "object" || value === null) return null;
  if (value.kind === "dict") return value.entries;
  return value.kind === "call" && DICTS.has(value.callee) ? value.entries : null;
}

function itemsOf(value: PickleValue): readonly PickleValue[] {
  return typeof value === "object" && (value?.kind === "list" || value?.kind === "tuple") ? value.items : [];
}

/** Tensors below a value by dotted name. A container is entered once: checkpoints may refer to themselves. */
function flatten(value: PickleValue, prefix: string, seen: Set<PickleValue>, depth: number, out: NamedTensor[]): void {
  if (out.length >= MAX_TENSORS || depth > MAX_DEPTH) return;
  if (isTensor(value)) {
    out.push({ name: prefix === "" ? "tensor" : prefix, value });
    return;
  }
  const entries = entriesOf(value);
  const items = entries === null ? itemsOf(value) : [];
  if ((entries === null && items.length === 0) || seen.has(value)) return;
  seen.add(value);
  const below = (key: string) => (prefix === "" ? key : `${prefix}.${key}`);
  if (entries) {
    for (const [key, entry] of entries) {
      if (typeof key !== "string" && typeof key !== "number") continue;
      if (depth === 0 && NOT_WEIGHTS.test(String(key)) && !isTensor(entry)) continue;
      flatten(entry, below(String(key)), seen, depth + 1, out);
    }
  }
  items.forEach((item, i) => {
    flatten(item, below(String(i)), seen, depth + 1, out);
  });
}

function tensorsOf(value: PickleValue): NamedTensor[] {
  const out: NamedTensor[] = [];
  flatten(value, "", new Set(), 0, out);
  return out;
}

/**
 * The weights of a checkpoint, in the file's order, under the module's own names.
 *
 * A dictionary that holds tensors is the state dict. Otherwise the first wrapper key that leads to tensors is followed
 * ("state_dict", "model_state_dict", "model" …); without one, all dictionaries but the optimizer's are taken, their keys in front.
 */
export function findStateDict(root: PickleValue): readonly NamedTensor[] {
  let value = root;
  for (let depth = 0; depth < 4; depth++) {
    const entries = entriesOf(value);
    if (entries === null || [...entries.values()].some(isTensor)) break;
    const inner = WRAPPER_KEYS.map((key) => entries.get(key)).find(
      (entry) => entry !== undefined && tensorsOf(entry).length > 0,
    );
    if (inner === undefined) break;
    value = inner;
  }
  return tensorsOf(value);
}
