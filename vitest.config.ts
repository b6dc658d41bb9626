import { defineConfig } from "vitest/config";

/** TF.js registers layers and counts their names once for a process; a browser and its server are a file's own. */
const ALONE = [
  "test/formats/keras/**/*.test.ts",
  "test/adapters/**/*.test.ts",
  "test/browser/**/*.test.ts",
  "test/lab/**/*.test.ts",
];

export default defineConfig({
  test: {
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    projects: [
      // Files of one worker share its modules: loading the library again for each costs more than most of them run.
      { extends: true, test: { name: "library", include: ["test/**/*.test.ts"], exclude: ALONE, isolate: false } },
      { extends: true, test: { name: "alone", include: ALONE } },
    ],
  },
});
