import { measureMemory } from "../beyond-memory.mjs";
import { mostRow, row } from "../rows.mjs";

export const title = "A sharded bfloat16 model to disk";

const SIZES = { GB: 1e9, MB: 1e6 };
const bytesOf = (size) => Number.parseFloat(size) * (SIZES[size.slice(-2)] ?? 1);

/** @param size such as "10GB"; without it what fits a run of all sections */
export async function measure({ quick, size = quick ? "300MB" : "2GB", kills = bytesOf(size) >= 1e10 ? 20 : 3 }) {
  const wanted = bytesOf(size);
  const found = await measureMemory({ wanted, rounds: quick ? 1 : 3, kills });
  const what = `${(found.bytes / 1e9).toFixed(1)} GB`;
  const zeros = (value) => ({ name: "as many zeros", value, unit: "s" });
  return [
    row(
      `${what}, start to finish`,
      { value: found.seconds, unit: "s" },
      // At most 1.3 times as long.
      { peer: zeros(found.zerosSeconds), ratio: found.ratio, budget: { of: "ratio", least: 1 / 1.3 } },
    ),
    row(
      `${what}, seconds of processor`,
      { value: found.processor, unit: "s" },
      { peer: zeros(found.zerosProcessor), ratio: found.zerosProcessor / found.processor },
    ),
    mostRow(`${what}, peak memory`, found.peak / 1e6, "MB", 200),
    mostRow(
      `killed at random moments and resumed ${found.resumed.done} times, runs with other bits`,
      found.resumed.equal ? 0 : 1,
      "",
      0,
    ),
  ];
}
