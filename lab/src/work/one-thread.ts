/**
 * jax-js hands every kernel, however small, to threads of its own where it can, and waits for their answer: for networks of
 * a few thousand weights the way there is many times longer than the work. Without `Worker` in sight it computes where it
 * stands, as it does in Node. Tasks that train small networks call this before they train.
 */
export function computeOnOneThread(): void {
  Reflect.deleteProperty(globalThis, "Worker");
}
