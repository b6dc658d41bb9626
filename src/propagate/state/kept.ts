/** Parts and kernels are never changed once made, so what follows from one is kept with it. */

/**
 * The last result of a pure function of an object and a few values, kept as long as the object is: batch statistics that
 * the backward pass needs again, features that every later block of a dense net normalizes again.
 */
export function keptWith<K extends object, V>(): (of: K, values: readonly unknown[], make: () => V) => V {
  const kept = new WeakMap<K, { readonly values: readonly unknown[]; readonly result: V }>();
  return (of, values, make) => {
    const known = kept.get(of);
    if (known?.values.every((value, i) => Object.is(value, values[i]))) return known.result;
    const result = make();
    kept.set(of, { values, result });
    return result;
  };
}
