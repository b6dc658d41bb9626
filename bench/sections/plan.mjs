import { measureCommands, measurePlans } from "../plan.mjs";
import { mostRow, row } from "../rows.mjs";

export const title = "Plans";

/** Part of a model's name, and the milliseconds that its plan may take. */
const MOST = [
  ["resnet50", 30],
  ["densenet121", 100],
];
const mostOf = (model) => MOST.find(([part]) => model.includes(part))?.[1] ?? null;

export async function measure({ quick }) {
  const commands = measureCommands({ rounds: quick ? 3 : 9 });
  const node = { name: "`node -e 0`", value: commands.node, unit: "ms" };
  const plans = await measurePlans({ rounds: quick ? 5 : 15 });
  return [
    ...plans.flatMap(({ model, auto, torch }) => [
      mostRow(`${model}, auto, in process`, auto, "ms", mostOf(model)),
      mostRow(`${model}, torch, in process`, torch, "ms", mostOf(model)),
    ]),
    row(
      "`epoch0 plan` of ResNet-50, start to finish",
      { value: commands.plan, unit: "ms" },
      { peer: node, ratio: commands.node / commands.plan, budget: { of: "ours", most: 400 } },
    ),
    mostRow("`epoch0 --help` beyond `node -e 0`", commands.helpBeyondNode, "ms", 60),
  ];
}
