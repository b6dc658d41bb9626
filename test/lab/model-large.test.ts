/** Large files in the lab: what they take of memory, and that new ones go to the disk as they are drawn. Figures are printed. */

import { createHash } from "node:crypto";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { concatBytes, encodeBytes, encodeInteger, encodeText, encodeVarint } from "../../src/formats/onnx/encode.ts";
import { safetensorsHeader } from "../../src/formats/safetensors/index.ts";
import { epoch0 } from "../cli/helpers.ts";
import { input, node, output } from "../formats/onnx/build.ts";
import { browserPath, type Lab, openLab } from "./browser.ts";

const resnet = fileURLToPath(new URL("../../examples/light_resnet50.onnx", import.meta.url));

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "epoch0-large-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const SIDE = 2500;
/** Matrices in the larger of the files. */
const TENSORS = 20;
/** Fewer do for the second format: what is held would be seen all the same. */
const ONNX_TENSORS = 16;

/** Each matrix takes the same numbers from another place on: U(±0.05). */
function numbersOf(): (index: number) => Uint8Array {
  const numbers = new Float32Array(SIDE * SIDE + TENSORS * 1001);
  let state = 1;
  for (let i = 0; i < numbers.length; i++) {
    // Numerical Recipes' linear congruence: plain numbers, quickly.
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    numbers[i] = (state / 2 ** 31) * 0.05;
  }
  return (index) => new Uint8Array(numbers.buffer, index * 4004, SIDE * SIDE * 4);
}

const namesOf = (count: number) => Array.from({ length: count }, (_, i) => `layer${i}.weight`);

/** 20 matrices of 2500 × 2500 float32: 500 MB. */
function largeSafetensors(path: string): void {
  const names = namesOf(TENSORS);
  const slots = names.map((name) => ({ name, dtype: "f32" as const, shape: [SIDE, SIDE] }));
  const values = numbersOf();
  const file = openSync(path, "w");
  writeSync(file, safetensorsHeader(slots));
  names.forEach((_, i) => {
    writeSync(file, values(i));
  });
  closeSync(file);
}

/** Sixteen of the matrices as the layers of a graph, with tanh between, their values inside the file: 400 MB. */
function largeOnnx(path: string): void {
  const names = namesOf(ONNX_TENSORS);
  const values = numbersOf();
  const bytes = SIDE * SIDE * 4;
  const [graphField, initializerField, rawField] = [7, 5, 9].map((field) => encodeVarint(field * 8 + 2));
  // A field that holds bytes which are written apart.
  const opened = (tag: Uint8Array, head: Uint8Array, rest: number) =>
    concatBytes([tag, encodeVarint(head.length + rest), head]);
  const heads = names.map((name) => {
    const about = concatBytes([
      encodeInteger(1, SIDE),
      encodeInteger(1, SIDE),
      encodeInteger(2, 1),
      encodeText(8, name),
    ]);
    return opened(initializerField!, concatBytes([about, rawField!, encodeVarint(bytes)]), bytes);
  });
  const nodes = names.flatMap((name, i) => [
    node("Gemm", [i === 0 ? "x" : `a${i}`, name], [`z${i}`], { transB: 1 }),
    node("Tanh", [`z${i}`], [`a${i + 1}`]),
  ]);
  const plain = concatBytes([
    encodeText(2, "large"),
    ...nodes,
    input("x", ["batch", SIDE]),
    output(`a${ONNX_TENSORS}`),
  ]);
  const inside = heads.reduce((sum, { length }) => sum + length + bytes, 0);
  const file = openSync(path, "w");
  writeSync(file, concatBytes([encodeInteger(1, 8), encodeBytes(8, encodeInteger(2, 13))]));
  writeSync(file, opened(graphField!, plain, inside));
  heads.forEach((head, i) => {
    writeSync(file, head);
    writeSync(file, values(i));
  });
  closeSync(file);
}

/** Most memory that any of the browser's page processes has held so far, in bytes (VmHWM); null where the system does not say. */
async function pagePeak(page: Page): Promise<number | null> {
  if (process.platform !== "linux") return null;
  const session = await page.context().browser()?.newBrowserCDPSession();
  const { processInfo } = (await session?.send("SystemInfo.getProcessInfo")) ?? { processInfo: [] };
  await session?.detach();
  const peaks = processInfo
    .filter(({ type }) => type === "renderer")
    .map(({ id }) => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1]) * 1024);
  return Math.max(...peaks);
}

const mb = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;

describe.skipIf(browserPath === undefined)("My model, large", () => {
  let lab: Lab;
  // A browser for each: the processes of the one before would count.
  beforeEach(async () => {
    lab = await openLab();
  });
  afterEach(async () => {
    await lab.close();
  });

  // The page's own is what an empty page takes, which differs with the browser; a file that were held would not fit beyond it.
  test.each([
    ["500 MB", "safetensors", largeSafetensors, TENSORS, 300e6],
    ["400 MB", "onnx", largeOnnx, ONNX_TENSORS, Number.POSITIVE_INFINITY],
  ] as const)(
    "%s of weights in %s are inspected and checked in less than half of that memory beyond the page's own, safetensors under 300 MB in all",
    async (size, kind, make, tensors, most) => {
      const path = join(folder, `large.${kind}`);
      make(path);
      const page = await lab.open("#v1/model");
      const input = page.locator("input[type=file]");
      await input.waitFor();
      const idle = await pagePeak(page);
      const start = performance.now();
      await input.setInputFiles(path);
      await page.locator("tbody th").first().waitFor();
      const opened = performance.now();
      await expect
        .poll(() => page.locator("tbody td:nth-child(6)").allTextContents(), { timeout: 120_000, interval: 500 })
        .toSatisfy((texts: string[]) => texts.length === tensors && texts.every((text) => text !== ""));
      const inspected = performance.now();
      await page.locator("[aria-label=Findings]").waitFor({ timeout: 120_000 });
      const peak = await pagePeak(page);
      const seconds = (from: number, to: number) => `${((to - from) / 1000).toFixed(1)} s`;
      process.stdout.write(
        `${size} ${kind}: structure ${seconds(start, opened)}, inspected ${seconds(opened, inspected)}, checked ${seconds(inspected, performance.now())}; page process at most ${peak === null ? "not measured here" : `${mb(peak)} (${mb(idle ?? 0)} before)`}\n`,
      );
      if (peak !== null) {
        expect(peak - (idle ?? 0)).toBeLessThan((tensors * SIDE * SIDE * 4) / 2);
        expect(peak).toBeLessThan(most);
      }
      expect(lab.problems).toEqual([]);
      await page.context().close();
      rmSync(path);
    },
    300_000,
  );

  test("100 MB of new weights go to the disk as they are drawn, can be cancelled, and are the command's", async () => {
    const page = await lab.open("#v1/model");
    // The origin's own file system stands for the disk, so that no dialog opens.
    await page.evaluate(() => {
      Reflect.set(window, "showSaveFilePicker", async ({ suggestedName }: { suggestedName: string }) =>
        (await navigator.storage.getDirectory()).getFileHandle(suggestedName, { create: true }),
      );
    });
    await page.getByRole("button", { name: /ResNet-50/ }).click();
    const button = page.getByRole("button", { name: /^Download the new weights/ });
    await button.click({ timeout: 60_000 });
    await page.getByRole("button", { name: "Cancel" }).click();
    const said = page.locator(".download [role=status]");
    await expect.poll(() => said.textContent(), { timeout: 30_000 }).toBe("Cancelled: no file was left.");
    await button.click();
    await expect.poll(() => said.textContent(), { timeout: 120_000 }).toContain("SHA-256");
    const output = join(folder, "resnet.safetensors");
    expect(await epoch0(["init", resnet, "-o", output])).toMatchObject({ code: 0, err: "" });
    const expected = createHash("sha256").update(readFileSync(output)).digest("hex");
    expect(await said.textContent()).toContain(expected);
    const { size, digest } = await page.evaluate(async () => {
      const folder = await navigator.storage.getDirectory();
      const file = await (await folder.getFileHandle("light_resnet50-init.safetensors")).getFile();
      const hash = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
      const digits = Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0"));
      return { size: file.size, digest: digits.join("") };
    });
    expect([size, digest]).toEqual([readFileSync(output).length, expected]);
    expect(lab.problems).toEqual([]);
  }, 300_000);
});
