/** The screen of one's own model: files as the library opens them, and in a browser. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commands, writtenName } from "../../lab/src/screens/model/command.ts";
import { mainFile, openFiles } from "../../lab/src/screens/model/open.ts";
import { schema, schemes } from "../../lab/src/screens/model/state.ts";
import { defaults } from "../../lab/src/state/schema.ts";
import { openModel } from "../../src/formats/file.ts";
import { bytesSource } from "../../src/formats/source.ts";
import { schemeByName, schemeNames } from "../../src/plan/index.ts";
import { formatNumber } from "../../src/report/number.ts";
import { epoch0, models } from "../cli/helpers.ts";
import { accessibilityFaults, browserPath, type Lab, openLab } from "./browser.ts";
import { wordsOf } from "./commands.ts";

const digits = fileURLToPath(new URL("../../examples/digits-mlp.onnx", import.meta.url));

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "epoch0-model-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const given = (...paths: readonly string[]) =>
  paths.map((path) => ({ name: basename(path), source: bytesSource(readFileSync(path)) }));

test("a file opens as it does on the command line, alone or with those that it refers to", async () => {
  for (const [path, ...beside] of [
    ["lenet5.onnx"],
    ["lenet5.safetensors"],
    ["lenet5.npz"],
    ["lenet5.pt"],
    ["digits-mlp.h5"],
    ["digits-mlp-external/digits-mlp.onnx", "digits-mlp-external/digits-mlp.onnx.data"],
    [
      "unet-mini-sharded/model.safetensors.index.json",
      "unet-mini-sharded/model-00001-of-00003.safetensors",
      "unet-mini-sharded/model-00002-of-00003.safetensors",
      "unet-mini-sharded/model-00003-of-00003.safetensors",
    ],
  ]) {
    const whole = await openModel(join(models, path ?? ""));
    const here = await openFiles(given(...[path ?? "", ...beside].map((name) => join(models, name))));
    expect([here.format, here.name]).toEqual([whole.format, whole.name]);
    expect([...here.parameters]).toEqual([...whole.parameters]);
    for (const name of whole.parameters.keys()) expect(here.read(name)).toEqual(whole.read(name));
  }
});

test("what cannot be opened is said in one line that names the file", async () => {
  const bytes = new TextEncoder().encode("not a model at all");
  const open = (name: string, content = bytes) => openFiles([{ name, source: bytesSource(content) }]);
  await expect(open("a.onnx")).rejects.toThrow(/^a\.onnx: reading ONNX: .* \(byte \d+\)$/);
  await expect(open("a.safetensors")).rejects.toThrow(/^a\.safetensors: safetensors: /);
  await expect(open("a.pt")).rejects.toThrow(/^a\.pt: the name says \.pt/);
  await expect(open("a.txt")).rejects.toThrow(/^a\.txt: unknown kind of file/);
  await expect(open("a.npz", new Uint8Array(0))).rejects.toThrow("a.npz: the file is empty");
  await expect(open("model.json", new TextEncoder().encode('{"class_name":1}'))).rejects.toThrow(/^model\.json: /);
  expect(() => mainFile([{ name: "a.npz" }, { name: "b.npz" }])).toThrow("2 files, and it is not clear");
  expect(mainFile([{ name: "w.bin" }, { name: "m.onnx" }]).name).toBe("m.onnx");
});

test("every scheme that needs nothing but the file can be chosen", () => {
  for (const name of Object.keys(schemes)) expect(schemeByName(name).scheme.name).toBe(name);
  // What they need: a run, a value, the weights themselves, or a published model's own rules.
  const left = schemeNames().filter((name) => !Object.hasOwn(schemes, name));
  for (const name of ["lsuv", "constant", "file"]) expect(left).toContain(name);
});

test("a command names the file as a shell reads it", () => {
  const choice = { ...defaults(schema), seed: 3 };
  expect(commands("a b's.onnx", choice).at(-1)).toBe(
    "npx epoch0 init 'a b'\\''s.onnx' -o 'a b'\\''s-init.safetensors' --scheme auto --seed 3",
  );
  expect(commands("-x.onnx", choice)[0]).toBe("npx epoch0 check ./-x.onnx");
  expect(writtenName("model.safetensors.index.json")).toBe("model-init.safetensors");
});

/** Behind `npx epoch0`. */
const words = (line: string) => wordsOf(line).slice(2);

describe.skipIf(browserPath === undefined)("My model", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab();
  });
  afterAll(async () => {
    expect(await lab.close()).toBe(130);
  });

  /** Drops a file on the page, as a hand does. */
  async function drop(page: Page, path: string): Promise<void> {
    const transfer = await page.evaluateHandle(
      ({ name, base64 }) => {
        const data = new DataTransfer();
        data.items.add(new File([Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))], name));
        return data;
      },
      { name: basename(path), base64: readFileSync(path).toString("base64") },
    );
    await page.dispatchEvent("main", "dragover", { dataTransfer: transfer });
    await page.dispatchEvent("main", "drop", { dataTransfer: transfer });
  }

  async function settled(page: Page): Promise<void> {
    await page.locator("[aria-busy=false]:has(table)").waitFor({ timeout: 30_000 });
  }

  /** Clicks the download; the bytes that come, and those of the command that stands on the page. */
  async function both(page: Page, path: string): Promise<{ readonly here: Buffer; readonly there: Buffer }> {
    const [file] = await Promise.all([
      page.waitForEvent("download", { timeout: 30_000 }),
      page.getByRole("button", { name: /^Download the new weights/ }).click(),
    ]);
    const line = (await page.locator(".command code").allTextContents()).at(-1) ?? "";
    const output = join(folder, `${crypto.randomUUID()}.safetensors`);
    const argv = words(line).map((word) =>
      word === basename(path) ? path : word === file.suggestedFilename() ? output : word,
    );
    expect(argv).toContain(output);
    expect(await epoch0(argv)).toMatchObject({ code: 0, err: "" });
    return { here: readFileSync(await file.path()), there: readFileSync(output) };
  }

  test("a dropped ONNX file: findings, signal before and after, and the command's weights byte for byte", async () => {
    const page = await lab.open("#v1/model");
    await drop(page, digits);
    await settled(page);
    expect(await page.locator("section h2").allTextContents()).toContain(
      "Nothing wrong in 6 tensors, by the weights and the predicted signals",
    );
    for (const button of await page.getByRole("button", { name: "Numbers" }).all()) await button.click();
    for (const [i, scheme] of ["file", "auto"].entries()) {
      const { out } = await epoch0(["plan", digits, "--scheme", scheme, "--json"]);
      const { layers }: { layers: { output: { secondMoment: number } }[] } = JSON.parse(out);
      const cells = page.locator("figure").nth(i).locator("tbody td:nth-child(2)");
      expect(await cells.allTextContents()).toEqual(layers.map(({ output }) => formatNumber(output.secondMoment)));
    }
    const first = await both(page, digits);
    expect(first.here.equals(first.there)).toBe(true);
    await page.getByRole("combobox", { name: "New weights by scheme" }).selectOption("orthogonal");
    await page.getByRole("spinbutton", { name: "Seed" }).fill("42");
    await page.getByRole("combobox", { name: "Numbers in the new file" }).selectOption("bf16");
    await page.getByRole("columnheader", { name: "orthogonal" }).waitFor();
    const second = await both(page, digits);
    expect(second.here.equals(second.there)).toBe(true);
    expect(second.here.equals(first.here)).toBe(false);
    await page.waitForURL(/scheme=orthogonal&seed=42&dtype=bf16&file=digits-mlp\.onnx/);
    expect(lab.problems).toEqual([]);
  });

  test("a file of weights alone, chosen by keyboard: what they look like, findings, no prediction", async () => {
    const page = await lab.open("#v1/model?scheme=he-normal");
    const input = page.locator("input[type=file]");
    // Listened for from here on: the browser is told so before the key is.
    const choosing = page.waitForEvent("filechooser", { timeout: 30_000 });
    for (let presses = 0; presses < 20 && !(await input.evaluate((it) => it === document.activeElement)); presses++)
      await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    const chooser = await choosing;
    const path = join(models, "bn-cnn.safetensors");
    await chooser.setFiles(path);
    await settled(page);
    expect(await page.locator("figure").count()).toBe(0);
    expect(await page.locator("[aria-label='The file']").textContent()).toContain("weights and no graph");
    const rows = await page.locator("tbody th").allTextContents();
    expect(rows).toEqual([...(await openModel(path)).parameters.keys()]);
    const { out } = await epoch0(["inspect", path, "--json"]);
    const { tensors }: { tensors: { std: number }[] } = JSON.parse(out);
    expect(await page.locator("tbody td:nth-child(4)").allTextContents()).toEqual(
      tensors.map(({ std }) => formatNumber(std)),
    );
    const { here, there } = await both(page, path);
    expect(here.equals(there)).toBe(true);
    expect(lab.problems).toEqual([]);
  });

  test("other inputs: the prediction, the findings and the weights are those of the commands on the page", async () => {
    const page = await lab.open("#v1/model?example=digits&seed=7");
    await settled(page);
    await page.getByRole("spinbutton", { name: "Inputs' mean" }).fill("40");
    await page.getByRole("spinbutton", { name: "Inputs' variance" }).fill("900");
    await page.getByRole("combobox", { name: "Batch norm and dropout" }).selectOption("eval");
    await page.waitForURL(/inputMean=40&inputVariance=900&mode=eval/);
    await settled(page);
    for (const button of await page.getByRole("button", { name: "Numbers" }).all()) await button.click();
    const lines = await page.locator(".command code").allTextContents();
    const asked = (line: string, scheme = "") =>
      epoch0([
        ...words(line).map((word) => (word === basename(digits) ? digits : word)),
        ...(scheme ? ["--scheme", scheme] : []),
        "--json",
      ]);
    const [check = "", , predicted = ""] = lines;
    const found: { summary: { line: string } } = JSON.parse((await asked(check)).out);
    await expect
      .poll(() => page.locator("[aria-label=Findings]").textContent(), { timeout: 30_000 })
      .toContain(found.summary.line);
    for (const [i, scheme] of ["file", "auto"].entries()) {
      const { layers }: { layers: { output: { secondMoment: number } }[] } = JSON.parse(
        (await asked(predicted, scheme)).out,
      );
      const cells = page.locator("figure").nth(i).locator("tbody td:nth-child(2)");
      expect(await cells.allTextContents()).toEqual(layers.map(({ output }) => formatNumber(output.secondMoment)));
    }
    const { here, there } = await both(page, digits);
    expect(here.equals(there)).toBe(true);
    expect(lab.problems).toEqual([]);
  });

  test("findings are those of the command", async () => {
    const page = await lab.open("#v1/model");
    const path = join(models, "zero-mlp.onnx");
    await page.locator("input[type=file]").setInputFiles(path);
    await settled(page);
    const { out } = await epoch0(["check", path, "--json"]);
    const { summary, findings }: { summary: { line: string }; findings: { rule: string; severity: string }[] } =
      JSON.parse(out);
    const text = (await page.locator("[aria-label=Findings]").textContent()) ?? "";
    expect(text.toLowerCase()).toContain(summary.line.toLowerCase());
    for (const { rule, severity } of findings) if (severity !== "info") expect(text).toContain(rule);
    expect(lab.problems).toEqual([]);
  });

  test("an HDF5 file opens under the page's security policy", async () => {
    const page = await lab.open("#v1/model");
    await page.locator("input[type=file]").setInputFiles(join(models, "digits-mlp.h5"));
    await settled(page);
    expect(await page.locator("main").textContent()).toContain("fc3/weight");
    expect(lab.problems).toEqual([]);
  });

  test("a damaged file is one line, and the next one opens", async () => {
    const page = await lab.open("#v1/model");
    const bad = join(folder, "bad.onnx");
    writeFileSync(bad, readFileSync(digits).subarray(0, 5000));
    await page.locator("input[type=file]").setInputFiles(bad);
    const alert = page.getByRole("alert");
    await alert.waitFor();
    expect(await alert.textContent()).toMatch(/^bad\.onnx: reading ONNX: .+ \(byte \d+\)$/);
    await page.locator("input[type=file]").setInputFiles(digits);
    await settled(page);
    expect(await alert.count()).toBe(0);
    expect(lab.problems).toEqual([]);
  });

  test("a TF.js model.json without its weights: layers, prediction, and the weights to begin with", async () => {
    const page = await lab.open("#v1/model");
    const path = join(folder, "model.json");
    const layer = (units: number, activation: string, name: string, more = {}) => ({
      class_name: "Dense",
      config: { name, units, activation, use_bias: true, ...more },
    });
    const layers = [layer(32, "relu", "first", { batch_input_shape: [null, 16] }), layer(4, "softmax", "last")];
    writeFileSync(path, JSON.stringify({ modelTopology: { class_name: "Sequential", config: { name: "m", layers } } }));
    await page.locator("input[type=file]").setInputFiles(path);
    await settled(page);
    expect(await page.locator("tbody th").allTextContents()).toEqual([
      "first/kernel",
      "first/bias",
      "last/kernel",
      "last/bias",
    ]);
    expect(await page.locator("figure").count()).toBe(1);
    const { here, there } = await both(page, path);
    expect(here.equals(there)).toBe(true);
    expect(lab.problems).toEqual([]);
  });

  test("a link holds everything but the file, and says so; an example it holds whole", async () => {
    const page = await lab.open("#v1/model?scheme=orthogonal&seed=9&file=mine.onnx");
    expect(await page.locator(".again").textContent()).toContain("drop the same file again");
    expect(await page.getByRole("spinbutton", { name: "Seed" }).inputValue()).toBe("9");
    await page.getByRole("button", { name: /network for digits/ }).click();
    await page.waitForURL(/example=digits/);
    await settled(page);
    expect(await page.locator("figure").count()).toBe(2);
    await page.goBack();
    await expect.poll(() => page.locator(".again").count(), { timeout: 30_000 }).toBe(1);
    expect(lab.problems).toEqual([]);
  });

  test("has no serious fault for those who see less or use other means, light and dark", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      const page = await lab.open("#v1/model?example=digits", { colorScheme });
      await settled(page);
      expect(await accessibilityFaults(page)).toEqual([]);
      await page.context().close();
    }
  });
});
