/** A plan as a JAX function that returns a dictionary of arrays by parameter name, in the plan's own layout. */

import type { Initializer } from "../../init/types.ts";
import type { Plan, PlannedTensor } from "../../plan/types.ts";
import { comment, emitGroups, float, groupReason, Helpers, nameList, provenance, quote } from "./common.ts";

const SOURCES = {
  orthogonal: `def orthogonal(key, shape, gain, dtype):
    """Haar-distributed rows or columns of the (out, everything else) matrix, times gain."""
    matrix = (shape[0], math.prod(shape[1:]))
    return jax.nn.initializers.orthogonal(gain)(key, matrix, dtype).reshape(shape)`,
  centre: `def centre(shape):
    """Index of the centre tap of a kernel laid out (out, in, ...)."""
    return tuple(k // 2 for k in shape[2:])`,
  delta_orthogonal: `def delta_orthogonal(key, shape, gain, dtype):
    """Zero but for an orthogonal matrix at the centre tap (Xiao et al. 2018)."""
    matrix = jax.nn.initializers.orthogonal(gain)(key, shape[:2], dtype)
    return jnp.zeros(shape, dtype).at[(slice(None), slice(None)) + centre(shape)].set(matrix)`,
  identity: `def identity(shape, gain, dtype):
    """Ones on the diagonal of axes 0 and 1, at the centre tap of a kernel."""
    d = jnp.arange(min(shape[:2]))
    return jnp.zeros(shape, dtype).at[(d, d) + centre(shape)].set(gain)`,
  dirac: `def dirac(shape, groups, dtype):
    """Each output of a group passes one input of it on."""
    per_group = shape[0] // groups
    d = jnp.arange(min(per_group, shape[1]))
    value = jnp.zeros(shape, dtype)
    for g in range(groups):
        value = value.at[(g * per_group + d, d) + centre(shape)].set(1.0)
    return value`,
  sparse: `def sparse(key, shape, sparsity, std, dtype):
    """Normal, with the given share of each column set to zero (Martens 2010)."""
    values, order = jax.random.split(key)
    dense = std * jax.random.normal(values, shape, dtype)
    rank = jnp.argsort(jnp.argsort(jax.random.uniform(order, shape), axis=0), axis=0)
    return jnp.where(rank < math.ceil(sparsity * shape[0]), 0, dense)`,
  nguyen_widrow: `def nguyen_widrow(key, shape, beta, dtype):
    """Rows of random direction and length beta (Nguyen & Widrow 1990)."""
    rows = jax.random.uniform(key, (shape[0], math.prod(shape[1:])), dtype, -1.0, 1.0)
    return (rows * (beta / jnp.linalg.norm(rows, axis=1, keepdims=True))).reshape(shape)`,
  bilinear: `def bilinear(shape, dtype):
    """Bilinear upsampling of each channel (Long et al. 2015)."""
    taps = jnp.ones(())
    for k in shape[2:]:
        factor = (k + 1) // 2
        middle = factor - 1.0 if k % 2 == 1 else factor - 0.5
        taps = taps[..., None] * (1.0 - jnp.abs(jnp.arange(k) - middle) / factor)
    i = jnp.arange(shape[0])
    return jnp.zeros(shape, dtype).at[i, i % shape[1]].set(taps.astype(dtype))`,
  sinusoidal: `def sinusoidal(shape, std, dtype):
    """Row i is a sine of frequency i and phase i, scaled to std (Fernandez-Hernandez et al. 2025)."""
    rows, columns = shape[0], math.prod(shape[1:])
    i = np.arange(1, rows + 1, dtype=np.float64)[:, None]
    j = np.arange(columns, dtype=np.float64)
    wave = np.sin(2 * np.pi * i * (j / columns + 1 / rows))
    return jnp.asarray((wave * (std / wave.std(ddof=1))).reshape(shape), dtype)`,
  centred: `def centred(value):
    """The weights into each unit sum to zero."""
    return value - value.mean(axis=tuple(range(1, value.ndim)), keepdims=True)`,
};

type Use = Helpers<keyof typeof SOURCES>;

/**
 * Python source of one function `initialize(seed=0, dtype=jnp.float32)` that returns {name: array}.
 *
 * @example emitJax(plan)
 */
export function emitJax(plan: Plan): string {
  const helpers = new Helpers(SOURCES);
  const { drawn, kept } = emitGroups(plan);
  const body: string[] = [];
  for (const group of drawn) {
    body.push("", ...comment(groupReason(group), { mark: "#", indent: "    " }));
    const shapes = new Set(group.tensors.map((tensor) => tuple(tensor.shape)));
    const [first] = group.tensors;
    if (group.tensors.length === 1 && first !== undefined) {
      body.push(`    p[${quote(first.name)}] = ${value(group.initializer, first.shape, tuple(first.shape), helpers)}`);
    } else if (shapes.size === 1 && first !== undefined) {
      body.push("    for name in (", ...nameList(names(group.tensors), "        "), "    ):");
      body.push(`        p[name] = ${value(group.initializer, first.shape, tuple(first.shape), helpers)}`);
    } else if (group.initializer.kind !== "blocks") {
      body.push("    for name, shape in (");
      body.push(...group.tensors.map((tensor) => `        (${quote(tensor.name)}, ${tuple(tensor.shape)}),`), "    ):");
      body.push(`        p[name] = ${value(group.initializer, [], "shape", helpers)}`);
    } else {
      body.push(
        ...group.tensors.map(
          (tensor) =>
            `    p[${quote(tensor.name)}] = ${value(group.initializer, tensor.shape, tuple(tensor.shape), helpers)}`,
        ),
      );
    }
  }
  if (kept.length > 0) {
    body.push(
      "",
      ...comment(`Not here, because the file's values are kept: ${names(kept).join(", ")}.`, {
        mark: "#",
        indent: "    ",
      }),
    );
  }
  const draws = plan.tensors.length * 2 + countBlocks(plan.tensors);
  const text = [...helpers.sources(), ...body].join("\n");
  return [
    ...comment(provenance(plan), { mark: "#" }),
    ...(text.includes("math.") ? ["import math", ""] : []),
    "import jax",
    "import jax.numpy as jnp",
    ...(text.includes("np.arange(1,") ? ["import numpy as np"] : []),
    ...helpers.sources().flatMap((source) => ["", "", source]),
    "",
    "",
    "def initialize(seed: int = 0, dtype=jnp.float32) -> dict:",
    '    """{name: array}. Weights are laid out (out, in, ...): transpose dense kernels for Flax."""',
    `    keys = iter(jax.random.split(jax.random.PRNGKey(seed), ${draws}))`,
    "    p = {}",
    ...body,
    "    return p",
    "",
  ].join("\n");
}

const names = (tensors: readonly PlannedTensor[]) => tensors.map((tensor) => tensor.name);

function tuple(shape: readonly number[]): string {
  return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
}

function countBlocks(tensors: readonly PlannedTensor[]): number {
  return tensors.reduce((sum, { initializer }) => {
    if (initializer.kind === "blocks") return sum + initializer.parts.length;
    return sum + (initializer.kind === "orthogonal" ? (initializer.blocks ?? 1) : 0);
  }, 0);
}

function value(initializer: Initializer, shape: readonly number[], s: string, helpers: Use): string {
  const centred = (text: string, rowCentred: boolean | undefined) =>
    rowCentred ? `${helpers.use("centred")}(${text})` : text;
  switch (initializer.kind) {
    case "zeros":
      return `jnp.zeros(${s}, dtype)`;
    case "ones":
      return `jnp.ones(${s}, dtype)`;
    case "constant":
      return `jnp.full(${s}, ${float(initializer.value)}, dtype)`;
    case "uniform":
      return centred(
        `jax.random.uniform(next(keys), ${s}, dtype, ${float(initializer.low)}, ${float(initializer.high)})`,
        initializer.rowCentred,
      );
    case "normal": {
      const shift = initializer.mean === 0 ? "" : `${float(initializer.mean)} + `;
      return centred(
        `${shift}${float(initializer.std)} * jax.random.normal(next(keys), ${s}, dtype)`,
        initializer.rowCentred,
      );
    }
    case "truncated-normal": {
      const { mean, std, low, high, rowCentred } = initializer;
      const shift = mean === 0 ? "" : `${float(mean)} + `;
      const bounds = `${float((low - mean) / std)}, ${float((high - mean) / std)}`;
      return centred(
        `${shift}${float(std)} * jax.random.truncated_normal(next(keys), ${bounds}, ${s}, dtype)`,
        rowCentred,
      );
    }
    case "orthogonal": {
      const { gain, blocks = 1 } = initializer;
      helpers.use("orthogonal");
      if (blocks === 1) return `orthogonal(next(keys), ${s}, ${float(gain)}, dtype)`;
      const part =
        s === "shape" ? `(shape[0] // ${blocks}, *shape[1:])` : tuple([(shape[0] ?? 0) / blocks, ...shape.slice(1)]);
      return `jnp.concatenate([orthogonal(next(keys), ${part}, ${float(gain)}, dtype) for _ in range(${blocks})])`;
    }
    case "delta-orthogonal":
      helpers.use("centre");
      return `${helpers.use("delta_orthogonal")}(next(keys), ${s}, ${float(initializer.gain)}, dtype)`;
    case "identity":
      helpers.use("centre");
      return `${helpers.use("identity")}(${s}, ${float(initializer.gain)}, dtype)`;
    case "dirac":
      helpers.use("centre");
      return `${helpers.use("dirac")}(${s}, ${initializer.groups}, dtype)`;
    case "sparse":
      return `${helpers.use("sparse")}(next(keys), ${s}, ${float(initializer.sparsity)}, ${float(initializer.std)}, dtype)`;
    case "nguyen-widrow":
      return `${helpers.use("nguyen_widrow")}(next(keys), ${s}, ${float(initializer.beta)}, dtype)`;
    case "bilinear":
      return `${helpers.use("bilinear")}(${s}, dtype)`;
    case "sinusoidal":
      return `${helpers.use("sinusoidal")}(${s}, ${float(initializer.std)}, dtype)`;
    case "blocks": {
      const parts = initializer.parts.map((part) => {
        const partShape = [part.size, ...shape.slice(1)];
        return `        ${value(part.initializer, partShape, tuple(partShape), helpers)},`;
      });
      return ["jnp.concatenate([", ...parts, "    ])"].join("\n");
    }
    case "file":
      throw new Error("emit: values kept from the file have no distribution, group them apart");
  }
}
