/** A plan as a TensorFlow.js module: writes the variables of a layers model by name, in its own layout (…, in, out). */

import type { Initializer } from "../../init/types.ts";
import type { Plan } from "../../plan/types.ts";
import { comment, emitGroups, groupReason, Helpers, kerasName, provenance, quote } from "./common.ts";

const SOURCES = {
  rowsToKernel: `/** Lays a matrix (out, everything else in the order in, ...space) out as the kernel (...space, in, out). */
function rowsToKernel(rows, shape) {
  const space = shape.slice(0, -2);
  const kernel = rows.reshape([shape.at(-1), shape.at(-2), ...space]);
  return kernel.transpose([...space.map((_, i) => i + 2), 1, 0]);
}`,
  truncated: `/** Normal, redrawn until it lies within low ... high. */
function truncated(shape, mean, std, low, high, seed) {
  let value = tf.randomNormal(shape, mean, std, "float32", seed);
  for (let round = 1; ; round++) {
    const inside = tf.logicalAnd(value.greaterEqual(low), value.lessEqual(high));
    if (inside.all().dataSync()[0]) return value;
    value = tf.where(inside, value, tf.randomNormal(shape, mean, std, "float32", seed + 7919 * round));
  }
}`,
  orthogonal: `/** Haar-distributed orthonormal rows or columns, times gain; orthogonalized twice for float32's sake. */
function orthogonal(rows, columns, gain, seed) {
  const random = tf.randomNormal([Math.min(rows, columns), Math.max(rows, columns)], 0, 1, "float32", seed);
  const q = tf.linalg.gramSchmidt(tf.linalg.gramSchmidt(random)).mul(gain);
  return rows <= columns ? q : q.transpose();
}`,
  atCentre: `/** A kernel (...space, in, out) that is zero but for the matrix (in, out) at its centre tap. */
function atCentre(matrix, shape) {
  const pads = shape.slice(0, -2).map((k) => [Math.floor(k / 2), k - 1 - Math.floor(k / 2)]);
  const tap = matrix.reshape([...pads.map(() => 1), ...shape.slice(-2)]);
  return tf.pad(tap, [...pads, [0, 0], [0, 0]]);
}`,
  eye: `/** Ones on the diagonal of (in, out), the same for every group of outputs. */
function eye(shape, groups) {
  return tf.tile(tf.eye(shape.at(-2), shape.at(-1) / groups), [1, groups]);
}`,
  sparse: `/** Normal, with the given share of each unit's column set to zero (Martens 2010). */
function sparse(shape, sparsity, std, seed) {
  const order = tf.randomUniform(shape, 0, 1, "float32", seed + 104729);
  const zeros = Math.ceil(sparsity * shape.at(-1));
  const { values } = tf.topk(order, shape.at(-1) - zeros || 1);
  const keep = order.greaterEqual(values.min(-1, true));
  return tf.randomNormal(shape, 0, std, "float32", seed).mul(zeros < shape.at(-1) ? keep.cast("float32") : 0);
}`,
  nguyenWidrow: `/** Units of random direction and weight length beta (Nguyen & Widrow 1990). */
function nguyenWidrow(shape, beta, seed) {
  const value = tf.randomUniform(shape, -1, 1, "float32", seed);
  const axes = shape.slice(0, -1).map((_, i) => i);
  return value.mul(tf.scalar(beta).div(value.square().sum(axes, true).sqrt()));
}`,
  bilinear: `/** Bilinear upsampling of each channel (Long et al. 2015); kernel (...space, out, in) of a transposed convolution. */
function bilinear(shape) {
  let taps = tf.scalar(1);
  for (const k of shape.slice(0, -2)) {
    const factor = Math.floor((k + 1) / 2);
    const middle = k % 2 === 1 ? factor - 1 : factor - 0.5;
    const tap = tf.scalar(1).sub(tf.range(0, k).sub(middle).abs().div(factor));
    taps = taps.expandDims(-1).mul(tap);
  }
  return taps.reshape([...taps.shape, 1, 1]).mul(tf.eye(shape.at(-2), shape.at(-1)));
}`,
  sinusoidal: `/** Row i is a sine of frequency i and phase i, scaled to std (Fernandez-Hernandez et al. 2025). */
function sinusoidal(rows, columns, std) {
  const wave = Float64Array.from({ length: rows * columns }, (_, k) => {
    const i = Math.floor(k / columns) + 1;
    return Math.sin(2 * Math.PI * i * ((k % columns) / columns + 1 / rows));
  });
  const mean = wave.reduce((sum, w) => sum + w, 0) / wave.length;
  const size = Math.sqrt(wave.reduce((sum, w) => sum + (w - mean) ** 2, 0) / (wave.length - 1));
  return tf.tensor2d(Float32Array.from(wave, (w) => (w * std) / size), [rows, columns]);
}`,
  centred: `/** The weights into each unit (the last axis) sum to zero. */
function centred(value) {
  return value.sub(value.mean(value.shape.slice(0, -1).map((_, i) => i), true));
}`,
};

type Use = Helpers<keyof typeof SOURCES>;

/**
 * JavaScript module source: a table of names to edit and one exported function `initialize(model, seed = 0)`.
 *
 * @example emitTfjs(plan)
 */
export function emitTfjs(plan: Plan): string {
  const helpers = new Helpers(SOURCES);
  const { drawn, kept } = emitGroups(plan);
  const body: string[] = [];
  for (const group of drawn) {
    const draw = `(shape) => ${value(group.initializer, "shape", helpers)}`;
    body.push("", ...comment(groupReason(group), { mark: "//", indent: "  " }));
    const [first] = group.tensors;
    if (group.tensors.length === 1 && first !== undefined) body.push(`  put(${quote(first.name)}, ${draw});`);
    else {
      body.push("  for (const name of [", ...group.tensors.map((tensor) => `    ${quote(tensor.name)},`), "  ]) {");
      body.push(`    put(name, ${draw});`, "  }");
    }
  }
  if (kept.length > 0) {
    body.push(
      "",
      ...comment(`Kept as they are: ${kept.map((tensor) => tensor.name).join(", ")}.`, { mark: "//", indent: "  " }),
    );
  }
  const table = drawn
    .flatMap((group) => group.tensors)
    .map((tensor) => `  ${quote(tensor.name)}: ${quote(kerasName(tensor))},`);
  return [
    ...comment(provenance(plan), { mark: "//" }),
    'import * as tf from "@tensorflow/tfjs";',
    "",
    "// Left: the plan's names. Right: the names of the model's variables; edit them where yours differ.",
    "const NAMES = {",
    ...table,
    "};",
    ...helpers.sources().flatMap((source) => ["", source]),
    "",
    "/** Writes the variables of `model` by name; throws where a name is missing. */",
    "export function initialize(model, seed = 0) {",
    "  const variables = new Map(model.weights.map((variable) => [variable.name, variable]));",
    "  let next = seed;",
    "  const put = (name, draw) => {",
    "    const variable = variables.get(NAMES[name]);",
    '    if (variable === undefined) throw new Error("initialize: the model has no variable " + NAMES[name]);',
    "    tf.tidy(() => variable.write(draw(variable.shape)));",
    "  };",
    ...body,
    "  return model;",
    "}",
    "",
  ].join("\n");
}

function value(initializer: Initializer, s: string, helpers: Use): string {
  const centred = (text: string, rowCentred: boolean | undefined) =>
    rowCentred ? `${helpers.use("centred")}(${text})` : text;
  const units = `${s}.at(-1)`;
  const perUnit = `${s}.slice(0, -1).reduce((a, b) => a * b, 1)`;
  switch (initializer.kind) {
    case "zeros":
      return `tf.zeros(${s})`;
    case "ones":
      return `tf.ones(${s})`;
    case "constant":
      return `tf.fill(${s}, ${initializer.value})`;
    case "uniform":
      return centred(
        `tf.randomUniform(${s}, ${initializer.low}, ${initializer.high}, "float32", next++)`,
        initializer.rowCentred,
      );
    case "normal":
      return centred(
        `tf.randomNormal(${s}, ${initializer.mean}, ${initializer.std}, "float32", next++)`,
        initializer.rowCentred,
      );
    case "truncated-normal": {
      const { mean, std, low, high, rowCentred } = initializer;
      const atTwo = Math.abs(high - mean - 2 * std) <= 1e-9 * std && Math.abs(mean - low - 2 * std) <= 1e-9 * std;
      if (atTwo) return centred(`tf.truncatedNormal(${s}, ${mean}, ${std}, "float32", next++)`, rowCentred);
      return centred(`${helpers.use("truncated")}(${s}, ${mean}, ${std}, ${low}, ${high}, next++)`, rowCentred);
    }
    case "orthogonal": {
      const { gain, blocks = 1 } = initializer;
      helpers.use("orthogonal");
      helpers.use("rowsToKernel");
      const one = `orthogonal(${units}${blocks === 1 ? "" : ` / ${blocks}`}, ${perUnit}, ${gain}, next++)`;
      const rows = blocks === 1 ? one : `tf.concat(Array.from({ length: ${blocks} }, () => ${one}))`;
      return `rowsToKernel(${rows}, ${s})`;
    }
    case "delta-orthogonal":
      helpers.use("orthogonal");
      return `${helpers.use("atCentre")}(orthogonal(${s}.at(-2), ${units}, ${initializer.gain}, next++), ${s})`;
    case "identity":
      return `${helpers.use("atCentre")}(${helpers.use("eye")}(${s}, 1).mul(${initializer.gain}), ${s})`;
    case "dirac":
      return `${helpers.use("atCentre")}(${helpers.use("eye")}(${s}, ${initializer.groups}), ${s})`;
    case "sparse":
      return `${helpers.use("sparse")}(${s}, ${initializer.sparsity}, ${initializer.std}, next++)`;
    case "nguyen-widrow":
      return `${helpers.use("nguyenWidrow")}(${s}, ${initializer.beta}, next++)`;
    case "bilinear":
      return `${helpers.use("bilinear")}(${s})`;
    case "sinusoidal":
      helpers.use("rowsToKernel");
      return `rowsToKernel(${helpers.use("sinusoidal")}(${units}, ${perUnit}, ${initializer.std}), ${s})`;
    case "blocks": {
      const parts = initializer.parts.map((part) => {
        const shape = `[...${s}.slice(0, -1), ${part.size}]`;
        return `    ${value(part.initializer, shape, helpers)},`;
      });
      return ["tf.concat([", ...parts, "  ], -1)"].join("\n");
    }
    case "file":
      throw new Error("emit: values kept from the file have no distribution, group them apart");
  }
}
