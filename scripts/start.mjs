// `npm start`: the main job on two real networks, from the file PyTorch exported to weights that are proved.
import { mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import { prepare, root } from "./prepare.mjs";

const started = Date.now();
prepare();
process.chdir(root);
mkdirSync("out", { recursive: true });

const { comparePlans, createTheme, plan } = await import(new URL("../dist/index.js", import.meta.url).href);
const { openModel } = await import(new URL("../dist/node.js", import.meta.url).href);
const { processTerminal, run } = await import(new URL("../dist/cli.js", import.meta.url).href);

const terminal = processTerminal();
const theme = createTheme({ color: terminal.color });
const look = { width: terminal.width, theme };
const say = (text = "") => terminal.out(`${text}\n`);
const command = (line) => say(theme.quiet(`$ npx epoch0 ${line.join(" ")}`));

/** The command as a person would type it; a failure ends the start with its code. */
async function epoch0(...line) {
  command(line);
  say();
  const code = await run(line, terminal);
  if (code !== 0) process.exit(code);
  say();
}

async function beforeAndAfter(path, expected = {}) {
  const model = await openModel(path, {});
  const before = plan(model, { ...expected, scheme: "file" });
  const after = plan(model, expected);
  say(comparePlans(before, after, look));
}

say(theme.finding("1. A logistic network for handwritten digits, as PyTorch exported it"));
say();
await beforeAndAfter(join("examples", "digits-mlp.onnx"));
await epoch0(
  "init",
  "examples/digits-mlp.onnx",
  "-o",
  "out/digits-mlp.safetensors",
  "--verify",
  "--data",
  "examples/digits.csv",
  "--html",
  "out/digits-mlp.html",
);

say(theme.finding("2. ResNet-50: a published graph whose file holds one number for every weight"));
say();
await beforeAndAfter(join("examples", "light_resnet50.onnx"));
command(["init", "examples/light_resnet50.onnx", "-o", "out/resnet50.safetensors", "--html", "out/resnet50.html"]);
const quiet = {
  ...terminal,
  out: (text) =>
    say(
      text
        .trimEnd()
        .split("\n")
        .filter((line) => line.startsWith("wrote"))
        .join("\n"),
    ),
};
const code = await run(
  ["init", "examples/light_resnet50.onnx", "-o", "out/resnet50.safetensors", "--html", "out/resnet50.html"],
  quiet,
);
if (code !== 0) process.exit(code);

say();
say(
  theme.finding(
    `Done in ${((Date.now() - started) / 1000).toFixed(1)} s. Written, in ${relative(process.cwd(), "out") || "out"}/:`,
  ),
);
say("  digits-mlp.safetensors  weights by PyTorch's own parameter names, verified on the digits");
say("  resnet50.safetensors    weights of ResNet-50");
say("  digits-mlp.html, resnet50.html  the reports: open them in a browser");
say();
say('Load them in PyTorch:  model.load_state_dict(safetensors.torch.load_file("out/digits-mlp.safetensors"))');
say();
say("Try next:");
say("  npx epoch0 plan your-model.onnx                      what it would choose, and why");
say("  npx epoch0 init your-model.onnx -o weights.safetensors --verify");
say("  npx epoch0 plan your-model.onnx --emit torch         the plan as code for your training script");
say("  npx epoch0 check your-model.onnx --data train.csv    is it the initialization?");
say("  npx epoch0 race your-model.onnx --data train.csv     does it matter for your data?");
say('  npx epoch0 gain --expr "x*sigmoid(1.702*x)"          an activation of your own');
