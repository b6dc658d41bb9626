/** A plan as a Keras 3 function: assigns variables by path, in Keras' own layout (…, in, out). */

import type { Initializer } from "../../init/types.ts";
import type { Plan } from "../../plan/types.ts";
import { comment, emitGroups, float, groupReason, Helpers, kerasName, nameList, provenance, quote } from "./common.ts";

/** Each returns a callable (shape, dtype) → array; `rows` makes the (out, everything else) matrix and lays it out for Keras. */
const SOURCES = {
  from_rows: `def from_rows(rows):
    """An initializer from a function that makes the array laid out (out, in, ...)."""
    def draw(shape, dtype=None):
        outer = (shape[-1], shape[-2], *shape[:-2]) if len(shape) > 1 else tuple(shape)
        value = np.asarray(rows(outer))
        return np.moveaxis(value, (0, 1), (-1, -2)) if len(shape) > 1 else value
    return draw`,
  centre: `def centre(shape):
    """Index of the centre tap of a kernel laid out (out, in, ...)."""
    return (slice(None), slice(None)) + tuple(k // 2 for k in shape[2:])`,
  truncated: `def truncated(rng, mean, std, low, high):
    """Normal, redrawn until it lies within low ... high."""
    def draw(shape, dtype=None):
        value = rng.normal(mean, std, shape)
        while True:
            outside = (value < low) | (value > high)
            if not outside.any():
                return value
            value[outside] = rng.normal(mean, std, int(outside.sum()))
    return draw`,
  orthogonal: `def orthogonal(rng, shape, gain):
    """Haar-distributed orthonormal rows or columns, times gain (Saxe et al. 2014)."""
    rows, columns = shape[0], int(np.prod(shape[1:]))
    q, r = np.linalg.qr(rng.normal(size=(max(rows, columns), min(rows, columns))))
    q = q * np.sign(np.diag(r))
    return (gain * (q if rows >= columns else q.T)).reshape(shape)`,
  delta_orthogonal: `def delta_orthogonal(rng, shape, gain):
    """Zero but for an orthogonal matrix at the centre tap (Xiao et al. 2018)."""
    value = np.zeros(shape)
    value[centre(shape)] = orthogonal(rng, shape[:2], gain)
    return value`,
  identity: `def identity(shape, gain):
    """Ones on the diagonal of (out, in), at the centre tap of a kernel."""
    value = np.zeros(shape)
    value[centre(shape)] = gain * np.eye(*shape[:2])
    return value`,
  dirac: `def dirac(shape, groups):
    """Each output of a group passes one input of it on."""
    value = np.zeros(shape)
    value[centre(shape)] = np.tile(np.eye(shape[0] // groups, shape[1]), (groups, 1))
    return value`,
  sparse: `def sparse(rng, shape, sparsity, std):
    """Normal, with the given share of each column set to zero (Martens 2010)."""
    rank = rng.random(shape).argsort(axis=0).argsort(axis=0)
    return np.where(rank < np.ceil(sparsity * shape[0]), 0.0, rng.normal(0.0, std, shape))`,
  nguyen_widrow: `def nguyen_widrow(rng, shape, beta):
    """Rows of random direction and length beta (Nguyen & Widrow 1990)."""
    rows = rng.uniform(-1.0, 1.0, (shape[0], int(np.prod(shape[1:]))))
    return (rows * (beta / np.linalg.norm(rows, axis=1, keepdims=True))).reshape(shape)`,
  bilinear: `def bilinear(shape):
    """Bilinear upsampling of each channel (Long et al. 2015)."""
    taps = np.ones(())
    for k in shape[2:]:
        factor = (k + 1) // 2
        middle = factor - 1.0 if k % 2 == 1 else factor - 0.5
        taps = taps[..., None] * (1.0 - np.abs(np.arange(k) - middle) / factor)
    value = np.zeros(shape)
    for i in range(shape[0]):
        value[i, i % shape[1]] = taps
    return value`,
  sinusoidal: `def sinusoidal(shape, std):
    """Row i is a sine of frequency i and phase i, scaled to std (Fernandez-Hernandez et al. 2025)."""
    rows, columns = shape[0], int(np.prod(shape[1:]))
    i = np.arange(1, rows + 1)[:, None]
    wave = np.sin(2 * np.pi * i * (np.arange(columns) / columns + 1 / rows))
    return (wave * (std / wave.std(ddof=1))).reshape(shape)`,
  centred: `def centred(initializer):
    """The weights into each unit (the last axis) sum to zero."""
    def draw(shape, dtype=None):
        value = keras.ops.convert_to_numpy(initializer(shape, dtype=dtype))
        return value - value.mean(axis=tuple(range(value.ndim - 1)), keepdims=True)
    return draw`,
  blocks: `def blocks(parts):
    """Consecutive blocks of units (gates, heads), each with its own initializer."""
    def draw(shape, dtype=None):
        drawn = [initializer((*shape[:-1], size), dtype=dtype) for size, initializer in parts]
        return np.concatenate([keras.ops.convert_to_numpy(part) for part in drawn], axis=-1)
    return draw`,
};

type Use = Helpers<keyof typeof SOURCES>;

/**
 * Python source for Keras 3: a table of names to edit and one function `initialize(model, seed=0)`.
 *
 * @example emitKeras(plan)
 */
export function emitKeras(plan: Plan): string {
  const helpers = new Helpers(SOURCES);
  const { drawn, kept } = emitGroups(plan);
  const body: string[] = [];
  for (const group of drawn) {
    const names = group.tensors.map((tensor) => tensor.name);
    const draw = callable(group.initializer, helpers);
    body.push("", ...comment(groupReason(group), { mark: "#", indent: "    " }));
    if (names.length === 1) body.push(`    put(${quote(names[0] ?? "")}, ${draw})`);
    else body.push("    for name in (", ...nameList(names, "        "), "    ):", `        put(name, ${draw})`);
  }
  if (kept.length > 0) {
    body.push(
      "",
      ...comment(`Kept as they are: ${kept.map((tensor) => tensor.name).join(", ")}.`, { mark: "#", indent: "    " }),
    );
  }
  const table = drawn
    .flatMap((group) => group.tensors)
    .map((tensor) => `    ${quote(tensor.name)}: ${quote(kerasName(tensor))},`);
  return [
    ...comment(provenance(plan), { mark: "#" }),
    "import itertools",
    "",
    "import keras",
    "import numpy as np",
    "",
    "# Left: the plan's names. Right: the paths of the model's variables; edit them where yours differ.",
    "NAMES = {",
    ...table,
    "}",
    ...helpers.sources().flatMap((source) => ["", "", source]),
    "",
    "",
    "def initialize(model: keras.Model, seed: int = 0) -> keras.Model:",
    '    """Assigns the variables of `model` by path; a missing path is a KeyError."""',
    "    variables = {variable.path: variable for variable in model.variables}",
    "    seeds = itertools.count(seed)",
    "    rng = np.random.default_rng(seed)",
    "",
    "    def put(name, initializer):",
    "        variable = variables[NAMES[name]]",
    "        variable.assign(initializer(tuple(variable.shape), dtype=variable.dtype))",
    ...body,
    "    return model",
    "",
  ].join("\n");
}

function callable(initializer: Initializer, helpers: Use): string {
  const keras = "keras.initializers";
  const centred = (text: string, rowCentred: boolean | undefined) =>
    rowCentred ? `${helpers.use("centred")}(${text})` : text;
  const rows = (name: keyof typeof SOURCES, ...rest: string[]) => {
    helpers.use("from_rows");
    const random = name !== "identity" && name !== "dirac" && name !== "bilinear" && name !== "sinusoidal";
    return `from_rows(lambda shape: ${helpers.use(name)}(${[...(random ? ["rng"] : []), "shape", ...rest].join(", ")}))`;
  };
  switch (initializer.kind) {
    case "zeros":
      return `${keras}.Zeros()`;
    case "ones":
      return `${keras}.Ones()`;
    case "constant":
      return `${keras}.Constant(${float(initializer.value)})`;
    case "uniform":
      return centred(
        `${keras}.RandomUniform(${float(initializer.low)}, ${float(initializer.high)}, seed=next(seeds))`,
        initializer.rowCentred,
      );
    case "normal":
      return centred(
        `${keras}.RandomNormal(${float(initializer.mean)}, ${float(initializer.std)}, seed=next(seeds))`,
        initializer.rowCentred,
      );
    case "truncated-normal": {
      const { mean, std, low, high, rowCentred } = initializer;
      const args = [mean, std].map(float).join(", ");
      // Keras cuts at two standard deviations and nowhere else.
      const atTwo = Math.abs(high - mean - 2 * std) <= 1e-9 * std && Math.abs(mean - low - 2 * std) <= 1e-9 * std;
      if (atTwo) return centred(`${keras}.TruncatedNormal(${args}, seed=next(seeds))`, rowCentred);
      return centred(`${helpers.use("truncated")}(rng, ${args}, ${float(low)}, ${float(high)})`, rowCentred);
    }
    case "orthogonal": {
      const { gain, blocks = 1 } = initializer;
      if (blocks === 1) return `${keras}.Orthogonal(${float(gain)}, seed=next(seeds))`;
      helpers.use("orthogonal");
      const part = `orthogonal(rng, (shape[0] // ${blocks}, *shape[1:]), ${float(gain)})`;
      return `${helpers.use("from_rows")}(lambda shape: np.concatenate([${part} for _ in range(${blocks})]))`;
    }
    case "delta-orthogonal":
      helpers.use("orthogonal");
      helpers.use("centre");
      return rows("delta_orthogonal", float(initializer.gain));
    case "identity":
      helpers.use("centre");
      return rows("identity", float(initializer.gain));
    case "dirac":
      helpers.use("centre");
      return rows("dirac", String(initializer.groups));
    case "sparse":
      return rows("sparse", float(initializer.sparsity), float(initializer.std));
    case "nguyen-widrow":
      return rows("nguyen_widrow", float(initializer.beta));
    case "bilinear":
      return rows("bilinear");
    case "sinusoidal":
      return rows("sinusoidal", float(initializer.std));
    case "blocks": {
      const parts = initializer.parts.map((part) => `(${part.size}, ${callable(part.initializer, helpers)})`);
      return `${helpers.use("blocks")}([${parts.join(", ")}])`;
    }
    case "file":
      throw new Error("emit: values kept from the file have no distribution, group them apart");
  }
}
