import fc from "fast-check";
import { expect, test } from "vitest";
import { comparePlans } from "../../src/report/compare.ts";
import { planPage } from "../../src/report/html/index.ts";
import { planReport } from "../../src/report/plan.ts";
import { textWidth } from "../../src/report/table.ts";
import { createTheme } from "../../src/report/theme.ts";
import { verifyFinding, verifyReport } from "../../src/report/verify.ts";
import { digitsPlan, layer, planOf, tensor } from "./plan-fixture.ts";

const normal = { kind: "normal", mean: 0, std: 0.125 } as const;
const widest = (text: string) => Math.max(...text.split("\n").map(textWidth));

function deepPlan(blocks: number) {
  const names = Array.from({ length: blocks }, (_, i) => [
    `h.${i}.attn.c_proj.weight`,
    `h.${i}.mlp.c_fc.weight`,
  ]).flat();
  return planOf(
    names.map((name) => tensor(name, [64, 64], normal)),
    names.map((name, i) => layer(name, 1 + i / 1000, 1)),
  );
}

test("the finding stands at the top, every layer and every other parameter below", () => {
  const lines = planReport(digitsPlan).split("\n");
  expect(lines[0]).toBe("digits-mlp.onnx: 6 parameters, 26,122 scalars; scheme auto, seed 0");
  expect(lines[2]).toBe("The gradient falls 20× a layer");
  const text = lines.join("\n");
  for (const { name } of digitsPlan.tensors)
    expect(text).toContain(name.endsWith("bias") && name.startsWith("fc2") ? "fc1.bias … fc3.bias" : name);
  expect(text).toMatch(/^fc2\.weight +128 → 128 .* 1\.05 /m);
});

test("no line is wider than the terminal, at any width from 60 on, with names of any length", () => {
  fc.assert(
    fc.property(fc.integer({ min: 60, max: 160 }), fc.integer({ min: 1, max: 120 }), (width, length) => {
      const name = `${"x".repeat(length)}.weight`;
      const plan = planOf(
        [tensor(name, [4096, 4096, 3, 3], normal, { why: "a reason of several words" })],
        [layer(name, 1e-7, 3e4)],
        {
          warnings: [
            { code: "a", message: "a warning of some length that has to be wrapped somewhere, surely", where: "node" },
          ],
        },
      );
      expect(widest(planReport(plan, { width }))).toBeLessThanOrEqual(width);
    }),
    { numRuns: 40 },
  );
});

test("colour is the only difference that colour makes", () => {
  const painted = planReport(digitsPlan, { theme: createTheme({ color: true }) });
  expect(painted).not.toBe(planReport(digitsPlan));
  const bare = painted.replace(new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, "g"), "");
  expect(bare).toBe(planReport(digitsPlan));
});

test("a model of many like blocks is told block by block once", () => {
  const text = planReport(deepPlan(48));
  expect(text).toContain("h.0–47.");
  expect(text.split("\n").length).toBeLessThan(25);
  expect(planReport(deepPlan(12))).toMatch(/^11\.mlp\.c_fc /m);
});

test("blocks that differ are not folded together", () => {
  const plan = deepPlan(48);
  const odd = {
    ...plan,
    tensors: plan.tensors.map((each) => (each.name.startsWith("h.20.") ? { ...each, shape: [64, 32] } : each)),
  };
  const text = planReport(odd);
  for (const span of ["\n0–19.", "\n20.", "\n21–47."]) expect(text).toContain(span);
});

test("warnings and what is not understood are said, the rest counted", () => {
  const warnings = Array.from({ length: 20 }, (_, i) => ({
    code: "w",
    message: `warning of kind ${"abcdefghijklmnopqrst"[i]}`,
  }));
  const text = planReport({ ...digitsPlan, warnings, unsupported: [{ node: "n1", op: "Foo", why: "unknown" }] });
  expect(text).toContain("! not understood: Foo at n1: unknown");
  expect(text).toContain("! … and 13 more; --json lists all");
  const alike = ["n1", "n2", "n3"].map((where) => ({ code: "w", where, message: `${where}: taken as independent` }));
  expect(planReport({ ...digitsPlan, warnings: alike })).toContain("! n1: taken as independent (and 2 like it)");
});

test("before and after stand side by side, long models shortened in the middle", () => {
  const text = comparePlans({ ...digitsPlan, scheme: "file" }, digitsPlan);
  expect(text).toContain("before (scheme file): The gradient falls 20× a layer");
  expect(text.match(/^fc\d\.weight/gm)).toHaveLength(3);
  expect(comparePlans(deepPlan(48), deepPlan(48))).toContain("… 84 more");
});

const comparison = { predicted: 1, measured: 1.05, spread: 0.02, standardErrors: 2, ok: true };
const proof = {
  layers: [
    {
      weight: "fc1.weight",
      node: "fc1",
      tensor: "t",
      ...comparison,
      gradient: { ...comparison, measured: 2, ok: false },
    },
  ],
  passed: false,
  gradientsPassed: false,
  draws: 8,
  tolerance: { modelling: 0.1, standardErrors: 4 },
  inputs: "digits.csv, 64 a draw",
};

test("a verification says what ran, what came out, and marks what is off with a sign", () => {
  expect(verifyFinding(proof)).toBe(
    "Not as predicted: ran 8 draws on digits.csv, 64 a draw; 1 measurement beyond the tolerance, the worst off by ×2.00",
  );
  expect(verifyReport(proof)).toContain("×2.00 !");
  const good = { ...proof, layers: [{ ...proof.layers[0]!, gradient: comparison }] };
  expect(verifyFinding(good)).toContain("every layer within ×1.05");
});

test("the page asks for nothing from elsewhere and runs nothing", async () => {
  const page = await planPage(digitsPlan, { measured: new Map([["fc1.weight", { forward: 1.1, gradient: 0.001 }]]) });
  expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|javascript:|\son\w+=/i);
  // Namespaces are names, not requests.
  expect(page.replaceAll("http://www.w3.org/", "")).not.toMatch(/https?:/);
  expect(page).toContain("<h1>The gradient falls 20× a layer</h1>");
  expect(page.match(/<svg/g)).toHaveLength(2);
  expect(page.match(/<circle/g)?.length).toBeGreaterThanOrEqual(2);
});

test("names from a hostile file stay text in the page", async () => {
  const name = `"><script>alert(1)</script><img src=x onerror=alert(1)>`;
  const page = await planPage(
    planOf([tensor(name, [2, 2], normal, { why: name })], [layer(name, 1, 1), layer(`${name}2`, 1, 1)], {
      scheme: name,
    }),
  );
  expect(page).not.toContain("<script");
  expect(page).not.toContain("<img");
});

test("the page of a plan without a graph, or with broken signals, is still a page", async () => {
  expect(await planPage(planOf([tensor("a.weight", [2, 2], normal)]))).toContain("no graph");
  const broken = planOf([], [layer("a.weight", 0, Number.POSITIVE_INFINITY), layer("b.weight", Number.NaN, 0)]);
  expect(await planPage(broken)).toContain("2 not shown: zero or not finite.");
});
