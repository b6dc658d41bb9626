/** The part of TF.js that is used, so that its packages are needed by those alone who have them. */

/** `tf`: the namespace of @tensorflow/tfjs, or `{ ...core, ...layers }` of its packages. */
export interface TensorFlow<Initializers extends object = object> {
  readonly tensor: (values: Float32Array, shape: number[], dtype?: "float32") => { dispose(): void };
  readonly initializers: Initializers;
}

/** A variable of a layers model. */
export interface LayerVariable {
  readonly name: string;
  readonly shape: readonly (number | null)[];
}

/** A `tf.LayersModel`: sequential or functional. */
export interface LayersModel {
  readonly name: string;
  readonly weights: readonly LayerVariable[];
  toJSON(unused: null, returnString: false): unknown;
}
