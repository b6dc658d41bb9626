import fc from "fast-check";
import { expect, test } from "vitest";
import { shortLabels } from "../../src/report/labels.ts";

test("what all long names share is cut at delimiters and told", () => {
  const labels = shortLabels(["gpu_0/res2_0_branch2a_w_0", "gpu_0/res2_0_branch2b_w_0", "gpu_0/pred_w_0"]);
  expect(labels.of("gpu_0/res2_0_branch2a_w_0")).toBe("res2_0_branch2a");
  expect(labels.cut).toBe("gpu_0/ … _w_0");
});

test("names that fit stay whole", () => {
  expect(shortLabels(["fc1.weight", "fc2.weight"]).of("fc1.weight")).toBe("fc1.weight");
});

test("short names stay apart and can be made whole again", () => {
  const name = fc.string({ unit: fc.constantFrom("a", "b", ".", "_"), minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 6 }), (names) => {
      const { of, cut } = shortLabels(names);
      expect(new Set(names.map(of)).size).toBe(names.length);
      const [prefix = "", suffix = ""] = (cut ?? "…").split("…").map((part) => part.trim());
      for (const each of names) expect(prefix + of(each) + suffix).toBe(each);
    }),
  );
});
