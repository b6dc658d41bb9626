import { measureCheck } from "../check-speed.mjs";
import { mostRow, row } from "../rows.mjs";

export const title = "`check` of files of 100 MB";

export async function measure({ quick }) {
  return measureCheck({ rounds: quick ? 1 : 3 }).flatMap(({ file, what, megabytes, bytes, values, check, passed }) => {
    const ours = { value: check, unit: "s" };
    const name = `${file}, ${what}`;
    const peer = (kind, value) => ({ name: kind, value, unit: "s" });
    const half = { of: "ratio", least: 0.5 };
    return [
      mostRow(`${name}: ${megabytes.toFixed(0)} MB, time that passes`, passed, "s", 2),
      row(`${name}: processor time`, ours, {
        peer: peer("its numbers read", values),
        ratio: values / check,
        budget: half,
      }),
      row(`${name}: processor time`, ours, { peer: peer("its bytes read", bytes), ratio: bytes / check }),
    ];
  });
}
