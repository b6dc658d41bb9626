/** Tokens → what the line says. */

import { lineError, scan, type Token } from "./scan.ts";
import type { Item, Line, Operation, Step, Window } from "./syntax.ts";

/** A layer of this many units or a map of this side has weights beyond any memory. */
const MAX_SIZE = 2 ** 24;
const MAX_DEPTH = 8;
const MAX_AXES = 4;
const MAX_TIMES = 10_000;

interface Cursor {
  readonly tokens: readonly Token[];
  at: number;
}

const peek = (cursor: Cursor): Token => cursor.tokens[cursor.at]!;

function next(cursor: Cursor): Token {
  const token = peek(cursor);
  if (token.text !== "") cursor.at += 1;
  return token;
}

function takeIf(cursor: Cursor, ...words: readonly string[]): boolean {
  if (!words.includes(peek(cursor).text)) return false;
  cursor.at += 1;
  return true;
}

/** `3x3`, `1x28x28`, `256`: sizes from `least`. */
function takeSizes(cursor: Cursor, expected: string, least = 1): number[] {
  const token = next(cursor);
  if (!/^\d{1,9}(x\d{1,9})*$/.test(token.text)) throw lineError(token, expected);
  const sizes = token.text.split("x").map(Number);
  if (sizes.length > MAX_AXES) throw lineError(token, `at most ${MAX_AXES} sizes`);
  if (sizes.some((size) => size < least || size > MAX_SIZE))
    throw lineError(token, `sizes from ${least} to ${MAX_SIZE}`);
  return sizes;
}

function takeSize(cursor: Cursor, expected: string): number {
  const token = peek(cursor);
  const [size, ...more] = takeSizes(cursor, expected);
  if (size === undefined || more.length > 0) throw lineError(token, expected);
  return size;
}

interface WindowWords extends Window {
  readonly groups: number | null;
  readonly bias: boolean;
}

const CONV_WORDS = ["stride", "pad", "dilation", "groups", "depthwise", "nobias"];
const POOL_WORDS = ["stride", "pad", "dilation"];

/** `5x5 stride 2 pad 2 …`: the kernel, then options in any order. */
function takeWindow(
  cursor: Cursor,
  words: readonly string[],
  strideOf: (kernel: readonly number[]) => number[],
): WindowWords {
  const kernel = takeSizes(cursor, "a window such as 3 or 3x3");
  let stride = strideOf(kernel);
  let pad: readonly number[] | "same" = [0];
  let dilation = [1];
  let groups: number | null = 1;
  let bias = true;
  while (words.includes(peek(cursor).text)) {
    const word = next(cursor).text;
    if (word === "stride") stride = takeSizes(cursor, "a stride such as 2");
    else if (word === "dilation") dilation = takeSizes(cursor, "a dilation such as 2");
    else if (word === "groups") groups = takeSize(cursor, "a number of groups");
    else if (word === "depthwise") groups = null;
    else if (word === "nobias") bias = false;
    else pad = takeIf(cursor, "same") ? "same" : takeSizes(cursor, 'padding such as 1, or "same"', 0);
  }
  return { kernel, stride, pad, dilation, groups, bias };
}

function takeConv(cursor: Cursor, transposed: boolean): Operation {
  const channels = takeSize(cursor, "a number of channels");
  const { groups, bias, ...window } = takeWindow(cursor, CONV_WORDS, () => [1]);
  return { kind: "conv", channels, window, groups, transposed, bias };
}

function takePool(cursor: Cursor, method: "average" | "max"): Operation {
  const { groups: _groups, bias: _bias, ...window } = takeWindow(cursor, POOL_WORDS, (kernel) => [...kernel]);
  return { kind: "pool", method, window };
}

function takeRatio(cursor: Cursor): Operation {
  const token = next(cursor);
  const ratio = /^\d*\.?\d+$/.test(token.text) ? Number(token.text) : Number.NaN;
  if (!(ratio >= 0 && ratio < 1)) throw lineError(token, "a dropout ratio from 0 up to 1, such as 0.5");
  return { kind: "dropout", ratio };
}

type Take = (cursor: Cursor) => Operation;

const normalize =
  (method: "batch" | "layer" | "instance" | "rms"): Take =>
  () => ({ kind: "normalize", method, groups: 1 });

const recurrent =
  (cell: "lstm" | "gru" | "rnn"): Take =>
  (cursor) => ({
    kind: "recurrent",
    cell,
    units: takeSize(cursor, "a number of units"),
    bias: !takeIf(cursor, "nobias"),
  });

const takeAttention: Take = (cursor) => ({
  kind: "attention",
  heads: takeSize(cursor, "a number of heads"),
  bias: !takeIf(cursor, "nobias"),
});

const OPERATIONS: ReadonlyMap<string, Take> = new Map<string, Take>([
  ["conv", (cursor) => takeConv(cursor, false)],
  ["deconv", (cursor) => takeConv(cursor, true)],
  ["avgpool", (cursor) => takePool(cursor, "average")],
  ["maxpool", (cursor) => takePool(cursor, "max")],
  ["globalavgpool", () => ({ kind: "global-pool", method: "mean" })],
  ["globalmaxpool", () => ({ kind: "global-pool", method: "max" })],
  ["batchnorm", normalize("batch")],
  ["layernorm", normalize("layer")],
  ["instancenorm", normalize("instance")],
  ["rmsnorm", normalize("rms")],
  ["groupnorm", (cursor) => ({ kind: "normalize", method: "group", groups: takeSize(cursor, "a number of groups") })],
  ["attention", takeAttention],
  ["lstm", recurrent("lstm")],
  ["gru", recurrent("gru")],
  ["rnn", recurrent("rnn")],
  ["last", () => ({ kind: "last" })],
  ["flatten", () => ({ kind: "flatten" })],
  ["dropout", takeRatio],
  ["softmax", () => ({ kind: "softmax", log: false })],
  ["logsoftmax", () => ({ kind: "softmax", log: true })],
]);

const KNOWN = [...OPERATIONS.keys()].join(", ");

function takeItem(cursor: Cursor, depth: number): Item {
  const token = peek(cursor);
  if (/^\d/.test(token.text)) {
    const units = takeSize(cursor, "a number of units");
    return { token, operation: { kind: "dense", units, bias: !takeIf(cursor, "nobias") } };
  }
  if (token.text === "[") return { token, operation: takeResidual(cursor, depth + 1) };
  const take = OPERATIONS.get(token.text);
  if (take === undefined && !/^[A-Za-z]/.test(token.text)) {
    throw lineError(token, `a number of units, an activation, "[" or one of ${KNOWN}`);
  }
  cursor.at += 1;
  return { token, operation: take?.(cursor) ?? { kind: "activation", text: token.text } };
}

function takeResidual(cursor: Cursor, depth: number): Operation {
  const open = next(cursor);
  if (depth > MAX_DEPTH) throw lineError(open, `at most ${MAX_DEPTH} nested blocks`);
  const body = takeSteps(cursor, depth);
  const skip = takeIf(cursor, "|") ? takeSteps(cursor, depth) : [];
  if (!takeIf(cursor, "]")) throw lineError(peek(cursor), '">", "|" or the "]" of the block');
  return { kind: "residual", body, skip };
}

const ENDS = new Set([">", "]", "|", ""]);

function takeStep(cursor: Cursor, depth: number): Step {
  const token = peek(cursor);
  const items: Item[] = [];
  let times = 1;
  do {
    items.push(takeItem(cursor, depth));
    const repeat = /^x(\d{1,6})$/.exec(peek(cursor).text);
    if (repeat !== null) {
      times = Number(repeat[1]);
      const at = next(cursor);
      if (times < 1 || times > MAX_TIMES) throw lineError(at, `a repeat from x1 to x${MAX_TIMES}`);
      if (!ENDS.has(peek(cursor).text)) throw lineError(peek(cursor), '">" or the end after a repeat');
    }
  } while (!ENDS.has(peek(cursor).text));
  return { items, times, token };
}

function takeSteps(cursor: Cursor, depth: number): Step[] {
  const steps = [takeStep(cursor, depth)];
  while (takeIf(cursor, ">")) steps.push(takeStep(cursor, depth));
  return steps;
}

/** @throws FormatError with the column and what was expected there */
export function parseLine(line: string): Line {
  const cursor: Cursor = { tokens: scan(line), at: 0 };
  const input = takeSizes(cursor, "the shape of one sample, such as 784 or 1x28x28");
  if (!takeIf(cursor, ">")) throw lineError(peek(cursor), '">" after the input\'s shape');
  const steps = takeSteps(cursor, 0);
  if (peek(cursor).text !== "") throw lineError(peek(cursor), '">" or the end of the line');
  return { input, steps };
}
