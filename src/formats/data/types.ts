/** Samples to run a network on. */
export interface Data {
  /** Row-major, of `shape`: the first axis counts samples. */
  readonly inputs: Float32Array;
  readonly shape: readonly number[];
  /** Index into `classes` for every sample; null where the file has no labels. */
  readonly labels: Int32Array | null;
  /** Names of the classes, sorted (numbers by size); empty without labels. */
  readonly classes: readonly string[];
}

/** Samples of a network with several inputs. */
export interface NamedData extends Pick<Data, "labels" | "classes"> {
  /** Rows of each array. */
  readonly count: number;
  /** Row-major, samples first, by name. */
  readonly arrays: ReadonlyMap<string, Float32Array>;
}
