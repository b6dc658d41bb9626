/** Every law in every float type, by one thread, by tiles, and by pools of threads: one hash each, or an error. */

const digest = async (bytes) => {
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
};

export const LAWS = {
  uniform: { kind: "uniform", low: -0.1, high: 0.1 },
  "uniform off centre": { kind: "uniform", low: 0.25, high: 3 },
  normal: { kind: "normal", mean: 0, std: 0.02 },
  "normal off centre": { kind: "normal", mean: 1, std: 0.5 },
  "truncated, usual": { kind: "truncated-normal", mean: 0, std: 0.02, low: -0.04, high: 0.04 },
  "truncated, wide": { kind: "truncated-normal", mean: 0, std: 0.02, low: -2, high: 2 },
  "truncated, tailed": { kind: "truncated-normal", mean: 0, std: 1, low: -3, high: 1 },
  "truncated, one side": { kind: "truncated-normal", mean: 0, std: 1, low: 0.5, high: Number.POSITIVE_INFINITY },
  "truncated, far": { kind: "truncated-normal", mean: 0, std: 1, low: 10, high: 11 },
  constant: { kind: "constant", value: 0.3 },
  blocks: {
    kind: "blocks",
    parts: [
      { size: 5, initializer: { kind: "normal", mean: 0, std: 1 } },
      { size: 6, initializer: { kind: "uniform", low: -1, high: 1 } },
    ],
  },
};
const SHAPE = [11, 3001];
const COUNT = 11 * 3001;
const BYTES = { f32: 4, f16: 2, bf16: 2 };

/** Where threads write side by side; a page must be alone with its origin (COOP and COEP) to have such memory. */
async function inSharedMemory({ createKey, fillParallel, runFill, sharedFloat32 }, pools) {
  const fill = { kind: "normal", key: createKey(3, "w"), start: 0, mean: 0, std: 0.02 };
  const plain = new Float32Array(COUNT * 20);
  runFill(plain, fill);
  const expected = await digest(plain);
  for (const pool of pools) {
    const places = {
      "threads' memory": sharedFloat32(plain.length),
      SharedArrayBuffer: new Float32Array(new SharedArrayBuffer(plain.byteLength)),
    };
    for (const [place, out] of Object.entries(places)) {
      if (!(out.buffer instanceof SharedArrayBuffer)) throw new Error(`${place} is not shared`);
      await fillParallel(out, fill, { pool });
      if ((await digest(out.slice())) !== expected) throw new Error(`${place}: ${pool.size} threads differ from one`);
    }
  }
  return expected;
}

/** @param sizes of the pools. */
export async function draws(library, sizes = [1, 2]) {
  const { createPool, draw, encodedTiles, stretchesOf } = library;
  const hashes = {};
  const pools = sizes.map((size) => createPool({ size }));
  try {
    hashes["shared memory"] = await inSharedMemory(library, pools);
    for (const [name, initializer] of Object.entries(LAWS)) {
      const target = { seed: 3, name: "w", shape: SHAPE };
      const tiled = new Float32Array(COUNT);
      for (let start = 0; start < COUNT; start += 4099)
        tiled.set(draw(initializer, { ...target, start, length: Math.min(4099, COUNT - start) }), start);
      const whole = await digest(draw(initializer, target));
      if ((await digest(tiled)) !== whole) throw new Error(`${name}: tiles differ from the whole`);
      for (const [dtype, width] of Object.entries(BYTES)) {
        const seen = new Set(dtype === "f32" ? [whole] : []);
        for (const pool of pools) {
          for (const tile of [1000, 2 ** 14]) {
            const bytes = new Uint8Array(COUNT * width);
            let at = 0;
            for await (const piece of encodedTiles(pool, stretchesOf(initializer, target), { dtype, tile })) {
              if (!(piece.buffer instanceof ArrayBuffer)) throw new Error("a tile lies in memory that threads share");
              bytes.set(piece, at);
              at += piece.length;
            }
            if (at !== bytes.length) throw new Error(`${name} ${dtype}: ${at} bytes for ${bytes.length}`);
            seen.add(await digest(bytes));
          }
        }
        if (seen.size !== 1) throw new Error(`${name} ${dtype}: threads and tiles differ`);
        hashes[`${name} ${dtype}`] = [...seen][0];
      }
    }
  } finally {
    for (const pool of pools) pool.close();
  }
  return hashes;
}
