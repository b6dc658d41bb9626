import { measureBrowser, measureThreads } from "../fill.mjs";
import { measurePeers } from "../fill-peers.mjs";
import { rateRow } from "../rows.mjs";

export const title = "Drawing float32 values";

const UNIT = "M/s";

export async function measure({ quick }) {
  const count = quick ? 2 ** 24 : 2 ** 26;
  const rounds = quick ? 3 : 7;
  const { torch, rows } = await measureThreads({ count, rounds });
  const name = `PyTorch ${torch}`;
  const promised = rows.map((each) =>
    rateRow(`${each.name}, two threads`, each.two.wall, UNIT, { name, value: each.torch.wall }, each.bar),
  );
  const busy = rows.map((each) =>
    rateRow(`${each.name}, a second of processor`, each.two.busy, UNIT, { name, value: each.torch.busy }),
  );
  const others = await measurePeers({ count: 2 ** 22, rounds });
  const beside = others.flatMap((each) =>
    each.beside.map((peer) => rateRow(`${each.name}, one thread`, each.value, UNIT, peer)),
  );
  const browser = (await measureBrowser({ count: quick ? 2 ** 22 : 2 ** 24, rounds })) ?? [];
  const chromium = browser.map((each) =>
    rateRow(`${each.name}, one thread in Chromium`, each.chromium, UNIT, { name: "Node", value: each.node }, 0.5),
  );
  return [...promised, ...busy, ...beside, ...chromium];
}
