// The lab's first screen in a browser, as the tests measure it: they print, this reads.
import { spawnSync } from "node:child_process";
import { root, tool } from "../scripts/prepare.mjs";

/** What the test prints, and the figure's name here. */
const FIGURES = {
  paint: /first paint ([\d.]+) ms/,
  slider: /slider to paint ([\d.]+) ms/,
  kilobytes: /first load: \d+ files, ([\d.]+) kB gzip/,
};

/** Milliseconds and kilobytes; null for what was not printed, as where there is no browser. */
export function measureLab() {
  const { stdout } = spawnSync(process.execPath, [tool("vitest"), "run", "test/lab/speed.test.ts"], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  return Object.fromEntries(
    Object.entries(FIGURES).map(([name, line]) => {
      const [, figure] = line.exec(stdout) ?? [];
      return [name, figure === undefined ? null : Number(figure)];
    }),
  );
}
