import { defineConfig } from "tsdown";

export default defineConfig({
  entry: {
    index: "src/index.ts",
    node: "src/node.ts",
    cli: "src/cli/index.ts",
    tfjs: "src/adapters/tfjs/index.ts",
    jax: "src/adapters/jax.ts",
    onnxruntime: "src/adapters/onnxruntime.ts",
    "fill-worker": "src/kernels/pool/worker.ts",
    "race-worker": "src/race/queue-worker.ts",
  },
  format: "esm",
  // Neutral: the same files serve Node and browsers; only the entries `node` and `cli` reach node: modules.
  platform: "neutral",
  target: "es2022",
  dts: true,
  clean: true,
  external: [/^node:/],
  inputOptions: { resolve: { mainFields: ["module", "main"] } },
});
