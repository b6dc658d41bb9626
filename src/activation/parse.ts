/**
 * An expression in x from text, through mathjs' parser (loaded on first use). Only the shape of the text is taken from
 * mathjs: nothing of it is evaluated, and every node is checked against the lists here.
 */

import type { MathNode } from "mathjs";
import { binary, number, substitute, unary, x } from "./build.ts";
import { findEntry } from "./catalogue/index.ts";
import type { BinaryFunction, Expression, UnaryFunction } from "./expression.ts";
import { parametersOf } from "./resolve.ts";

/** Long enough for any published activation, short enough to parse in a millisecond. */
const MAX_LENGTH = 2000;
const MAX_DEPTH = 60;
/** A catalogue function inside itself multiplies its argument: the tree, not the text, is what grows. */
const MAX_NODES = 5000;

const OPERATORS: Readonly<Record<string, BinaryFunction>> = {
  "+": "add",
  "-": "sub",
  "*": "mul",
  "/": "div",
  "^": "pow",
};
const CONSTANTS: Readonly<Record<string, number>> = { pi: Math.PI, e: Math.E };
const UNARY_NAMES: readonly UnaryFunction[] = [
  "exp",
  "expm1",
  "log",
  "log1p",
  "sqrt",
  "abs",
  "sign",
  "step",
  "sin",
  "cos",
  "tan",
  "atan",
  "tanh",
  "sinh",
  "cosh",
  "erf",
  "sigmoid",
  "softplus",
  "relu",
  "floor",
];
const BINARY_NAMES: readonly BinaryFunction[] = ["min", "max", "pow"];
const isUnary = (name: string): name is UnaryFunction => UNARY_NAMES.some((known) => known === name);
const isBinary = (name: string): name is BinaryFunction => BINARY_NAMES.some((known) => known === name);

interface Context {
  readonly text: string;
  readonly math: typeof import("mathjs");
}

/** Where a name first stands in the text, for the error. */
function columnOf(text: string, word: string): string {
  const at = text.search(new RegExp(`(^|[^\\w])${word.replace(/[^\w]/g, "\\$&")}`));
  return at < 0 ? "" : ` at column ${at + 1 + (text.slice(at).startsWith(word) ? 0 : 1)}`;
}

function fail(message: string): never {
  throw new SyntaxError(`expression: ${message}`);
}

function lower(node: MathNode, context: Context, depth: number): Expression {
  if (depth > MAX_DEPTH) fail(`nested deeper than ${MAX_DEPTH} levels, simplify it`);
  const down = (child: MathNode): Expression => lower(child, context, depth + 1);
  return counted(lowerOne(node, context, down));
}

/** The expression, or an error where it has grown out of bounds. */
function counted(e: Expression): Expression {
  if (size(e, MAX_NODES) > MAX_NODES) {
    fail(`larger than ${MAX_NODES} operations once catalogue functions are written out, simplify it`);
  }
  return e;
}

/** Number of nodes, counted up to just above `limit`. */
function size(e: Expression, limit: number): number {
  if (limit < 0 || e.kind === "x" || e.kind === "number") return 1;
  if (e.kind === "unary") return 1 + size(e.arg, limit - 1);
  const left = size(e.left, limit - 1);
  return 1 + left + size(e.right, limit - 1 - left);
}

function lowerOne(node: MathNode, context: Context, down: (child: MathNode) => Expression): Expression {
  const { math } = context;
  if (math.isParenthesisNode(node)) return down(node.content);
  if (math.isConstantNode(node)) {
    const value: unknown = node.value;
    if (typeof value === "number" && Number.isFinite(value)) return number(value);
    return fail(`only real numbers are understood, got ${String(value).slice(0, 20)}`);
  }
  if (math.isSymbolNode(node)) return symbol(node.name, context);
  if (math.isOperatorNode(node)) return operator(node.op, node.args.map(down));
  if (math.isFunctionNode(node) && math.isSymbolNode(node.fn)) return call(node.fn.name, node.args.map(down), context);
  const written = node.toString().replace(/\s+/g, " ").slice(0, 40);
  return fail(`"${written}" is not arithmetic in x, use numbers, x, + - * / ^ and functions`);
}

function symbol(name: string, { text }: Context): Expression {
  if (name === "x") return x;
  const constant = Object.hasOwn(CONSTANTS, name) ? CONSTANTS[name] : undefined;
  if (constant !== undefined) return number(constant);
  return fail(
    `unknown name "${name.slice(0, 30)}"${columnOf(text, name)}, the only variable is x and the constants are pi and e`,
  );
}

function operator(op: string, args: readonly Expression[]): Expression {
  const [left, right] = args;
  if (right === undefined && op === "-") return unary("neg", left);
  if (right === undefined && op === "+") return left;
  const fn = Object.hasOwn(OPERATORS, op) ? OPERATORS[op] : undefined;
  if (fn === undefined || right === undefined) return fail(`operator "${op}" is not understood, use + - * / ^`);
  // mathjs keeps sums of more than two terms in one node.
  return args.slice(2).reduce((sum, next) => binary(fn, sum, next), binary(fn, left, right));
}

function call(name: string, args: readonly Expression[], context: Context): Expression {
  const wrong = (wanted: string): never =>
    fail(`${name}${columnOf(context.text, name)} takes ${wanted}, got ${args.length}`);
  if (isBinary(name)) {
    if (args.length < 2 || (name === "pow" && args.length > 2)) return wrong("two arguments");
    return args.slice(2).reduce((sum, next) => binary(name, sum, next), binary(name, args[0], args[1]));
  }
  if (isUnary(name)) return args.length === 1 ? unary(name, args[0]) : wrong("one argument");
  const entry = findEntry(name);
  if (!entry) {
    const known = [...UNARY_NAMES, ...BINARY_NAMES].join(" ");
    return fail(
      `unknown function "${name.slice(0, 30)}"${columnOf(context.text, name)}, known are ${known} and the names of the catalogue`,
    );
  }
  if (args.length < 1 || args.length > 1 + entry.parameters.length)
    return wrong(`x and up to ${entry.parameters.length} numbers`);
  const given: Record<string, number> = {};
  args.slice(1).forEach((arg, i) => {
    if (arg.kind !== "number") fail(`${entry.parameters[i].name} of ${name} must be a number`);
    else given[entry.parameters[i].name] = arg.value;
  });
  return substitute(entry.build(parametersOf(entry, given)), args[0]);
}

/**
 * An expression from text in one variable x.
 *
 * Operators `+ - * / ^`, functions exp log sqrt abs min max sign sin cos tan atan tanh sinh cosh erf pow (and the rest of the
 * functions of `Expression`), constants pi and e, and the catalogue's names as functions, parameters after x: `leaky_relu(x, 0.1)`.
 *
 * @throws SyntaxError with one line that says what is wrong and where
 * @example await parseExpression("x*sigmoid(1.702*x)")
 */
export async function parseExpression(text: string): Promise<Expression> {
  if (text.trim() === "") fail("empty, write a formula in x such as x*sigmoid(x)");
  if (text.length > MAX_LENGTH) fail(`longer than ${MAX_LENGTH} characters, got ${text.length}`);
  if (/[^\x20-\x7e\t]/.test(text))
    fail(
      `only ASCII is understood, got "${/[^\x20-\x7e\t]/u.exec(text)?.[0] ?? ""}" at column ${text.search(/[^\x20-\x7e\t]/) + 1}`,
    );
  // mathjs' parser recurses: nesting is bounded before it sees the text.
  let open = 0;
  for (const character of text) {
    if (character === "(" || character === "[" || character === "{") open++;
    if (character === ")" || character === "]" || character === "}") open--;
    if (open > MAX_DEPTH) fail(`nested deeper than ${MAX_DEPTH} levels, simplify it`);
  }
  if (/[-+^!~]{65,}/.test(text.replace(/\s/g, ""))) fail("more than 64 signs in a row, simplify it");
  const math = await import("mathjs/number");
  let tree: MathNode;
  try {
    tree = math.parse(text);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const at = /\(char (\d+)\)/.exec(message);
    const what = message.replace(/\s*\(char \d+\)/, "").split("\n")[0];
    return fail(`${what.charAt(0).toLowerCase()}${what.slice(1)}${at ? ` at column ${at[1]}` : ""}`);
  }
  return lower(tree, { text, math }, 0);
}
