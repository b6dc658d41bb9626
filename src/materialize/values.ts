/** Where a plan's values come from: this library's addressable stream, or a framework's own generator, consumed in order. */

import { drawFramework, type FrameworkDraws, jaxDraws, numpyDraws, torchDraws } from "../init/index.ts";
import type { Plan, PlannedTensor } from "../plan/types.ts";
import { jaxKey, splitKey } from "../random/index.ts";
import { elements, fileTiles, type TileOptions, tensorTiles, type Values } from "./tiles.ts";

/**
 * - epoch0: a value depends on seed, name, index and initializer alone.
 * - torch: what PyTorch's constructors give after `torch.manual_seed(seed)`, module by module in the order of the state dict.
 * - numpy: `rng = np.random.default_rng(seed)`, tensor by tensor.
 * - jax: tensor i of n under the key `jax.random.split(jax.random.key(seed), n)[i]`.
 */
export type StreamName = "epoch0" | "torch" | "numpy" | "jax";

export const STREAMS: readonly StreamName[] = ["epoch0", "torch", "numpy", "jax"];

/** A tensor's values in order, in pieces. Each tensor may be asked for once. */
export type ValueSource = (tensor: PlannedTensor) => Iterable<Values>;

export interface SourceOptions extends TileOptions {
  readonly stream?: StreamName;
  /** The tensors that will be asked for; others are drawn only to move the generator on. Default: all. */
  readonly wanted?: ReadonlySet<string> | null;
}

/** @example for (const tile of valueSource(plan, { seed: 0 })(plan.tensors[0]!)) … */
export function valueSource(plan: Plan, { stream = "epoch0", wanted = null, ...options }: SourceOptions): ValueSource {
  const { seed } = options;
  switch (stream) {
    case "epoch0":
      return (tensor) => tensorTiles(tensor, options);
    case "torch":
      return inOrder(constructorSteps(plan), torchDraws(seed), options, wanted);
    case "numpy":
      return inOrder(
        plan.tensors.map((draw) => ({ skip: 0, draw })),
        numpyDraws(seed),
        options,
        wanted,
      );
    case "jax":
      return jaxSource(plan, options);
  }
}

function jaxSource(plan: Plan, options: TileOptions): ValueSource {
  const keys = splitKey(jaxKey(options.seed), plan.tensors.length);
  const places = new Map(plan.tensors.map(({ name }, i) => [name, i]));
  return (tensor) => {
    if (tensor.initializer.kind === "file") return fileTiles(tensor, options);
    return [drawFramework(tensor.initializer, tensor.shape, jaxDraws(keys[places.get(tensor.name) ?? 0]!))];
  };
}

/** One state for all tensors: what comes before the one that is asked for is drawn first. */
function inOrder(
  order: Iterable<Step>,
  draws: FrameworkDraws,
  options: TileOptions,
  wanted: ReadonlySet<string> | null,
): ValueSource {
  const steps = order[Symbol.iterator]();
  const ahead = new Map<string, Float32Array>();
  return (tensor) => {
    if (tensor.initializer.kind === "file") return fileTiles(tensor, options);
    for (let values = ahead.get(tensor.name); ; values = ahead.get(tensor.name)) {
      if (values !== undefined) {
        ahead.delete(tensor.name);
        return [values];
      }
      const step = steps.next();
      if (step.done) throw new Error(`materialize ${tensor.name}: asked for twice, or not in the plan, draw it anew`);
      const { draw, skip } = step.value;
      if (skip > 0) draws.uniform(new Float32Array(skip), 0, 1);
      if (draw.initializer.kind === "file") continue;
      const drawn = drawFramework(draw.initializer, draw.shape, draws);
      if (wanted === null || wanted.has(draw.name)) ahead.set(draw.name, drawn);
    }
  };
}

interface Step {
  /** Words that a constructor draws and overwrites before this tensor. */
  readonly skip: number;
  readonly draw: PlannedTensor;
}

/**
 * The order of the state dict, but for torch.nn.MultiheadAttention under its own defaults: the projection behind it is a
 * Linear, built and drawn (its bias set to 0 afterwards) before the matrices in front.
 */
function* constructorSteps(plan: Plan): Generator<Step> {
  const byName = new Map(plan.tensors.map((tensor) => [tensor.name, tensor]));
  const done = new Set<string>();
  let skip = 0;
  for (const tensor of plan.tensors) {
    const [, prefix] = /^(.*?)(?:in_proj|[qkv]_proj)_weight$/.exec(tensor.name) ?? [];
    const projection = prefix === undefined ? undefined : byName.get(`${prefix}out_proj.weight`);
    if (plan.scheme === "torch" && projection !== undefined && !done.has(projection.name)) {
      done.add(projection.name);
      yield { skip, draw: projection };
      skip = elements(byName.get(`${prefix}out_proj.bias`)?.shape ?? [0]);
    }
    if (done.has(tensor.name)) continue;
    done.add(tensor.name);
    yield { skip, draw: tensor };
    skip = 0;
  }
}
