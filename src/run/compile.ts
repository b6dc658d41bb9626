/** Operations as compiled functions that own their arguments, the way jax-js passes arrays. */

import type { Jax, Tensor } from "./jax.ts";
import type { Operation } from "./operation.ts";

/** `forward` as jax-js wants functions: it gives its arguments away. */
export function owning(jax: Jax, operation: Operation): (...operands: Tensor[]) => Tensor[] {
  return (...operands) => {
    const results = operation.forward(jax, operands);
    for (const operand of operands) operand.dispose();
    return results;
  };
}

/** Cotangents of the wanted operands; borrows everything. */
export function pullBack(
  jax: Jax,
  operation: Operation,
  operands: readonly Tensor[],
  cotangents: readonly Tensor[],
  wanted: readonly boolean[],
): (Tensor | null)[] {
  if (operation.backward) return operation.backward(jax, operands, cotangents, wanted);
  const forward = owning(jax, operation);
  const chosen = operands.filter((_, i) => wanted[i]);
  const [results, pull] = jax.vjp(
    (...varied: Tensor[]) => {
      let next = 0;
      return forward(...operands.map((operand, i) => (wanted[i] ? varied[next++]! : operand.ref)));
    },
    chosen.map((operand) => operand.ref),
  );
  for (const result of results) result.dispose();
  const gradients: Tensor[] = pull(cotangents.map((cotangent) => cotangent.ref));
  pull.dispose();
  let next = 0;
  return operands.map((_, i) => (wanted[i] ? gradients[next++]! : null));
}

export interface Compiler {
  readonly forward: (operation: Operation, operands: readonly Tensor[]) => Tensor[];
  readonly backward: (
    operation: Operation,
    operands: readonly Tensor[],
    cotangents: readonly Tensor[],
    wanted: readonly boolean[],
  ) => (Tensor | null)[];
  readonly dispose: () => void;
}

type Compiled = ((...args: Tensor[]) => Tensor[]) & { dispose: () => void };

/** Compiles each distinct operation once; calls borrow their arguments. */
export function createCompiler(jax: Jax): Compiler {
  const programs = new Map<string, Compiled>();
  const representatives = new Map<string, Operation>();

  const compiled = (key: string, build: () => (...args: Tensor[]) => Tensor[]): Compiled => {
    let program = programs.get(key);
    if (program === undefined) {
      program = jax.jit(build());
      programs.set(key, program);
    }
    return program;
  };
  const signature = (operation: Operation, operands: readonly Tensor[]) =>
    `${operation.key} ${operands.map((operand) => operand.shape.join("x")).join(" ")}`;
  /** A staged operation compiles inside itself: nodes alike share the first one's stages. */
  const representative = (operation: Operation): Operation => {
    const first = representatives.get(operation.key);
    if (first !== undefined) return first;
    representatives.set(operation.key, operation);
    return operation;
  };

  return {
    forward(operation, operands) {
      if (operation.staged) return representative(operation).forward(jax, operands);
      const program = compiled(`forward ${signature(operation, operands)}`, () => owning(jax, operation));
      return program(...operands.map((operand) => operand.ref));
    },
    backward(operation, operands, cotangents, wanted) {
      if (operation.staged) return pullBack(jax, representative(operation), operands, cotangents, wanted);
      const chosen = wanted.map((want) => (want ? 1 : 0)).join("");
      const program = compiled(`backward ${chosen} ${signature(operation, operands)}`, () => (...args) => {
        const inner = args.slice(0, operands.length);
        const gradients = pullBack(jax, operation, inner, args.slice(operands.length), wanted);
        for (const arg of args) arg.dispose();
        return gradients.filter((gradient): gradient is Tensor => gradient !== null);
      });
      const results = program(...[...operands, ...cotangents].map((tensor) => tensor.ref));
      let next = 0;
      return wanted.map((want) => (want ? results[next++]! : null));
    },
    dispose() {
      for (const program of programs.values()) program.dispose();
      programs.clear();
      representatives.clear();
    },
  };
}
