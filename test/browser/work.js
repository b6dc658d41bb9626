import { draws } from "./draws.js";

/** The same work for Node and the browser: read, plan, draw by each stream, train. */

const digest = async (values) => {
  const hash = await crypto.subtle.digest("SHA-256", values);
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
};

const SAMPLES = 16;

export async function work(library, bytes) {
  const { createTrainer, initialize, plan, readOnnx } = library;
  const model = readOnnx(bytes, { name: "digits-mlp", batch: SAMPLES });
  const hashes = await draws(library);
  for (const scheme of ["auto", "orthogonal", "torch"]) {
    for (const stream of ["epoch0", "torch", "jax"]) {
      if (stream === "jax" && scheme === "auto") continue;
      for (const [name, values] of initialize(plan(model, { scheme, seed: 7 }), { stream }))
        hashes[`${scheme} ${stream} ${name}`] = await digest(values);
    }
  }
  const inputs = Float32Array.from({ length: SAMPLES * 64 }, (_, i) => ((i * 37) % 101) / 50 - 1);
  const targets = Int32Array.from({ length: SAMPLES }, (_, i) => i % 10);
  const learn = async (device) => {
    const trainer = await createTrainer(model, {
      weights: initialize(plan(model, { seed: 0 })),
      loss: "cross-entropy",
      optimizer: { kind: "sgd", learningRate: 0.5 },
      device,
    });
    const losses = [];
    for (let step = 0; step < 20; step++) losses.push((await trainer.step({ count: SAMPLES, inputs, targets })).loss);
    trainer.dispose();
    return losses;
  };
  const losses = await learn("wasm");
  const webgpu = await learn("webgpu").then(
    (there) => ({ losses: there }),
    (error) => ({ refused: error.message }),
  );
  return { hashes, losses, webgpu };
}
