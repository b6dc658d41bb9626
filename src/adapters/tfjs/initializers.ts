/** `tf.initializers` with this library's streams behind it. */

import { draw, type Initializer } from "../../init/index.ts";
import { randomSeed } from "../seed.ts";
import type { TensorFlow } from "./types.ts";

type Config = Readonly<Record<string, unknown>>;

/** What every initializer of TF.js has, whatever its class. */
interface TheirInitializer {
  readonly getClassName: () => string;
  readonly getConfig: () => Config;
}

function isTheirs(value: unknown): value is TheirInitializer {
  return (
    typeof value === "object" && value !== null && "apply" in value && "getConfig" in value && "getClassName" in value
  );
}

const numberOf = (config: Config, key: string, fallback: number): number => {
  const value = config[key];
  return typeof value === "number" ? value : fallback;
};

/** TF.js's own: kernels are [...window, in, out]; other ranks count as square. */
function fansOf(shape: readonly number[]): { readonly fanIn: number; readonly fanOut: number } {
  const size = shape.reduce((product, side) => product * side, 1);
  if (shape.length < 2 || shape.length > 5) return { fanIn: Math.sqrt(size), fanOut: Math.sqrt(size) };
  const [inputs = 1, outputs = 1] = shape.slice(-2);
  const window = size / (inputs * outputs);
  return { fanIn: inputs * window, fanOut: outputs * window };
}

/** TF.js cuts at two standard deviations and, other than Keras, does not widen before: the spread is ×0.88. */
const truncated = (mean: number, std: number): Initializer =>
  std === 0
    ? { kind: "constant", value: mean }
    : { kind: "truncated-normal", mean, std, low: mean - 2 * std, high: mean + 2 * std };

function varianceScaling(config: Config, shape: readonly number[]): Initializer {
  const { fanIn, fanOut } = fansOf(shape);
  const { mode, distribution } = config;
  const fan = mode === "fanIn" ? fanIn : mode === "fanOut" ? fanOut : (fanIn + fanOut) / 2;
  const variance = numberOf(config, "scale", 1) / Math.max(1, fan);
  const limit = Math.sqrt(3 * variance);
  return distribution === "uniform" ? { kind: "uniform", low: -limit, high: limit } : truncated(0, Math.sqrt(variance));
}

/** By TF.js's class name: the configuration and a shape → what is drawn. */
const KINDS: Readonly<Record<string, (config: Config, shape: readonly number[]) => Initializer>> = {
  Zeros: () => ({ kind: "zeros" }),
  Ones: () => ({ kind: "ones" }),
  Constant: (config) => ({ kind: "constant", value: numberOf(config, "value", 0) }),
  RandomUniform: (config) => ({
    kind: "uniform",
    low: numberOf(config, "minval", -0.05),
    high: numberOf(config, "maxval", 0.05),
  }),
  RandomNormal: (config) => ({
    kind: "normal",
    mean: numberOf(config, "mean", 0),
    std: numberOf(config, "stddev", 0.05),
  }),
  TruncatedNormal: (config) => truncated(numberOf(config, "mean", 0), numberOf(config, "stddev", 0.05)),
  Identity: (config) => ({ kind: "identity", gain: numberOf(config, "gain", 1) }),
  Orthogonal: (config) => ({ kind: "orthogonal", gain: numberOf(config, "gain", 1) }),
  VarianceScaling: varianceScaling,
};

/** TF.js's initializer with only its drawing replaced: class, configuration and serialization stay what they are. */
function withOurDraw(
  tf: TensorFlow,
  theirs: TheirInitializer,
  defaultSeed: number | bigint | undefined,
): TheirInitializer {
  const kind = theirs.getClassName();
  const config = theirs.getConfig();
  const initializerFor = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  if (initializerFor === undefined)
    throw new RangeError(`createInitializers: no draw for ${kind}, use TF.js's own initializer`);
  const given = config.seed;
  const seed = typeof given === "number" ? given : (defaultSeed ?? randomSeed());
  let applied = 0;
  const apply = (shape: readonly number[], dtype = "float32") => {
    if (dtype !== "float32") throw new RangeError(`${kind}: draws float32, got ${dtype}, use TF.js's own initializer`);
    const name = `${kind}/${applied++}`;
    return tf.tensor(draw(initializerFor(config, shape), { seed, name, shape }), [...shape], "float32");
  };
  return Object.assign(Object.create(theirs), { apply });
}

/**
 * A drop-in for `tf.initializers`: the same names and options, drawn by this library.
 *
 * Values depend on the seed alone, in Node and in every browser, whatever the backend; each further tensor that one
 * initializer draws is another one, so that a seeded initializer shared by layers makes no twins. Without a seed the values
 * are new each time. Saved models name TF.js's own classes, so that they load anywhere. An orthogonal matrix takes
 * milliseconds where TF.js takes minutes.
 *
 * Not as in Keras: `heNormal` and its kind are spread ×0.88 of their name's rule, since TF.js cuts without widening.
 *
 * @param tf the namespace of `@tensorflow/tfjs`.
 * @param options.seed for initializers that are given none.
 * @throws RangeError for an option that is out of range, or a dtype other than float32; what TF.js throws for others.
 * @example
 * const initializers = createInitializers(tf);
 * tf.layers.dense({ units: 64, kernelInitializer: initializers.heNormal({ seed: 1 }) });
 */
export function createInitializers<Initializers extends object>(
  tf: TensorFlow<Initializers>,
  { seed }: { readonly seed?: number | bigint } = {},
): Initializers {
  const wrap =
    (name: string | symbol, make: (...options: unknown[]) => unknown) =>
    (...options: unknown[]) => {
      const theirs = make(...options);
      if (!isTheirs(theirs))
        throw new TypeError(`createInitializers: tf.initializers.${String(name)} is no initializer`);
      return withOurDraw(tf, theirs, seed);
    };
  // The namespace as it is, each factory followed by the replacement of what it made.
  return new Proxy(tf.initializers, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver);
      return typeof value === "function" ? wrap(name, (...options) => Reflect.apply(value, target, options)) : value;
    },
  });
}
