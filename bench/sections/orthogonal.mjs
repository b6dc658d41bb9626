import { measureOrthogonal } from "../orthogonal.mjs";
import { mostRow, row } from "../rows.mjs";

export const title = "Orthogonal matrices, one thread";

const speedRow = (n, milliseconds, peer, least) =>
  row(
    `${n}²`,
    { value: milliseconds, unit: "ms" },
    {
      peer,
      ratio: peer === null ? null : peer.value / milliseconds,
      budget: least === null ? null : { of: "ratio", least },
    },
  );

export async function measure({ quick }) {
  const { torch, rows } = await measureOrthogonal({
    sizes: quick ? [512, 1024] : [512, 1024, 2048],
    rounds: quick ? 3 : 9,
  });
  return rows.flatMap(({ n, milliseconds, error, torch: theirs }) => {
    const peers = theirs.map((each) => ({
      name: `PyTorch ${torch}, ${each.threads === 1 ? "one thread" : `${each.threads} threads`}`,
      value: each.milliseconds,
      unit: "ms",
    }));
    const best = peers.reduce((a, b) => (a === null || b.value < a.value ? b : a), null);
    return [
      // Against whichever of its two ways is the faster.
      speedRow(n, milliseconds, best, n >= 1024 ? 1 : null),
      mostRow(`${n}², largest entry of QᵀQ − I`, error * 1e6, "×10⁻⁶", 10),
    ];
  });
}
