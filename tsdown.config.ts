import { readFileSync } from "node:fs";
import { defineConfig } from "tsdown";

const license = readFileSync(new URL("node_modules/commander/LICENSE", import.meta.url), "utf8");

/**
 * Commander goes into the program: as a package of its own, CommonJS, it takes a quarter of the time of `--help`. What it
 * requires of Node it is handed without a loader, and child_process, for commands in files of their own, which there are
 * none of, only when it is used.
 */
const commander = {
  name: "commander-in-the-program",
  transform: {
    filter: { id: /commander[\\/]lib[\\/]command\.js$/ },
    handler: (code: string) =>
      `/*! Commander.js\n${license}*/\n${code
        .replace("const childProcess = require('node:child_process');", "")
        .replaceAll("childProcess.", "globalThis.process.getBuiltinModule('node:child_process').")
        .replace(/require\('(node:\w+)'\)/g, "globalThis.process.getBuiltinModule('$1')")}`,
  },
};

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
  plugins: [commander],
  // Small files that most commands need lie in one: each costs the start a look-up, a read and a compilation.
  outputOptions: {
    advancedChunks: {
      groups: [
        { name: "cli-shared", test: /src[\\/]cli[\\/](load|output|progress|inputs|prove|errors|nearest)\.ts$/ },
        { name: "report-shared", test: /src[\\/]report[\\/](theme|number|table|units|groups|labels|fold)\.ts$/ },
        {
          name: "formats-shared",
          test: /src[\\/]formats[\\/](error|shape|json|source|tiles|dtype|dtype-names|names)\.ts$/,
        },
      ],
    },
  },
  inputOptions: { resolve: { mainFields: ["module", "main"] } },
});
