/**
 * Pickle (protocols 2 to 5, Python's pickletools.py) as a description of data. Only the opcodes that frameworks write for
 * tensors are known, and only the globals that the caller allows may be named; what a call would do is left to the caller,
 * which builds tensors out of the names and runs nothing.
 */

import type { FormatError } from "../error.ts";
import { shown } from "../shape.ts";
import {
  newReader,
  pickleError,
  type Reader,
  takeBytes,
  takeDouble,
  takeInt32,
  takeInteger,
  takeLatin1,
  takeLine,
  takeText,
  takeUint8,
  takeUint16,
  takeUint32,
  takeUint64,
} from "./reader.ts";
import type { Call, PickleValue, Tuple } from "./types.ts";

export interface PickleOptions {
  /** Where the bytes lie in the file, for messages. Default 0. */
  readonly base?: number;
  /** First byte of the pickle. Default 0. */
  readonly start?: number;
  /** May a pickle name this class or function ("module.name")? */
  readonly allows: (global: string) => boolean;
}

export interface Unpickled {
  readonly value: PickleValue;
  /** Behind the STOP. */
  readonly end: number;
}

/** Instructions in all: a tensor takes about twenty. */
const MAX_STEPS = 32_000_000;
const MAX_STACK = 1_000_000;
const MAX_MEMO = 2_000_000;
/** A tuple of more is no shape and no argument list. */
const MAX_TUPLE = 100_000;

interface Machine {
  readonly reader: Reader;
  readonly allows: (global: string) => boolean;
  readonly stack: PickleValue[];
  readonly marks: number[];
  readonly memo: Map<number, PickleValue>;
  /** Of the instruction that runs. */
  at: number;
}

const refusal = (machine: Machine, what: string): FormatError => pickleError(machine.reader, what, machine.at);

function push(machine: Machine, value: PickleValue): void {
  if (machine.stack.length >= MAX_STACK)
    throw refusal(machine, `more than ${MAX_STACK} values wait, the file is damaged`);
  machine.stack.push(value);
}

function pop(machine: Machine): PickleValue {
  const { stack, marks } = machine;
  if (stack.length <= (marks.at(-1) ?? 0)) throw refusal(machine, "a value is missing, the file is damaged");
  return stack.pop() ?? null;
}

function top(machine: Machine): PickleValue {
  const { stack, marks } = machine;
  if (stack.length <= (marks.at(-1) ?? 0)) throw refusal(machine, "a value is missing, the file is damaged");
  return stack.at(-1) ?? null;
}

/** Everything since the last mark. */
function popMark(machine: Machine): PickleValue[] {
  const mark = machine.marks.pop();
  if (mark === undefined) throw refusal(machine, "a mark is missing, the file is damaged");
  return machine.stack.splice(mark);
}

function tuple(machine: Machine, items: readonly PickleValue[]): Tuple {
  if (items.length > MAX_TUPLE)
    throw refusal(machine, `a tuple holds at most ${MAX_TUPLE} values, got ${items.length}`);
  return { kind: "tuple", items };
}

function memoize(machine: Machine, key: number): void {
  const { memo } = machine;
  if (memo.size >= MAX_MEMO) throw refusal(machine, `more than ${MAX_MEMO} values are remembered, the file is damaged`);
  memo.set(key, top(machine));
}

function recall(machine: Machine, key: number): void {
  const value = machine.memo.get(key);
  if (value === undefined) throw refusal(machine, `value ${key} is recalled before it was stored, the file is damaged`);
  push(machine, value ?? null);
}

function global(machine: Machine, module: PickleValue, name: PickleValue): void {
  if (typeof module !== "string" || typeof name !== "string")
    throw refusal(machine, "a global is named by two strings");
  const full = `${module}.${name}`;
  if (!machine.allows(full)) {
    throw refusal(
      machine,
      `the file names ${shown(full)}, which no tensor needs: nothing in a file is ever run; save the tensors alone, torch.save(model.state_dict(), path)`,
    );
  }
  push(machine, { kind: "global", name: full });
}

function call(machine: Machine): void {
  const args = pop(machine);
  const callee = pop(machine);
  if (typeof callee !== "object" || callee?.kind !== "global")
    throw refusal(machine, "only a named global may be called");
  if (typeof args !== "object" || args?.kind !== "tuple") throw refusal(machine, "a call takes a tuple of arguments");
  const made: Call = {
    kind: "call",
    callee: callee.name,
    args: args.items,
    entries: new Map(),
    items: [],
    state: null,
    offset: machine.reader.base + machine.at,
  };
  push(machine, made);
}

function append(machine: Machine, items: readonly PickleValue[]): void {
  const list = top(machine);
  if (typeof list !== "object" || (list?.kind !== "list" && list?.kind !== "set" && list?.kind !== "call")) {
    throw refusal(machine, "items are put into a list");
  }
  for (const item of items) list.items.push(item);
}

function setItems(machine: Machine, items: readonly PickleValue[]): void {
  const dict = top(machine);
  if (typeof dict !== "object" || (dict?.kind !== "dict" && dict?.kind !== "call")) {
    throw refusal(machine, "entries are put into a dictionary");
  }
  if (items.length % 2 !== 0) throw refusal(machine, "a key has no value, the file is damaged");
  for (let i = 0; i < items.length; i += 2) dict.entries.set(items[i] ?? null, items[i + 1] ?? null);
}

function build(machine: Machine): void {
  const state = pop(machine);
  const object = top(machine);
  if (typeof object !== "object" || object?.kind !== "call")
    throw refusal(machine, "a state is set on what a call made");
  object.state = state;
}

type Instruction = (machine: Machine, reader: Reader) => void;

const tupleOf =
  (count: number): Instruction =>
  (machine) => {
    const items: PickleValue[] = [];
    for (let i = 0; i < count; i++) items.unshift(pop(machine));
    push(machine, tuple(machine, items));
  };

/** Opcodes by their byte, with the names of pickletools.py. */
const INSTRUCTIONS: ReadonlyMap<number, Instruction> = new Map<number, Instruction>([
  [0x80, (machine, reader) => proto(machine, takeUint8(reader))], // PROTO
  [0x95, (machine, reader) => frame(machine, takeUint64(reader))], // FRAME
  [0x28, mark], // MARK
  [0x30, (machine) => void pop(machine)], // POP
  [0x31, (machine) => void popMark(machine)], // POP_MARK
  [0x4e, (machine) => push(machine, null)], // NONE
  [0x88, (machine) => push(machine, true)], // NEWTRUE
  [0x89, (machine) => push(machine, false)], // NEWFALSE
  [0x4a, (machine, reader) => push(machine, takeInt32(reader))], // BININT
  [0x4b, (machine, reader) => push(machine, takeUint8(reader))], // BININT1
  [0x4d, (machine, reader) => push(machine, takeUint16(reader))], // BININT2
  [0x8a, (machine, reader) => push(machine, takeInteger(reader, takeUint8(reader)))], // LONG1
  [0x8b, (machine, reader) => push(machine, takeInteger(reader, takeUint32(reader)))], // LONG4
  [0x47, (machine, reader) => push(machine, takeDouble(reader))], // BINFLOAT
  [0x8c, (machine, reader) => push(machine, takeText(reader, takeUint8(reader)))], // SHORT_BINUNICODE
  [0x58, (machine, reader) => push(machine, takeText(reader, takeUint32(reader)))], // BINUNICODE
  [0x8d, (machine, reader) => push(machine, takeText(reader, takeUint64(reader)))], // BINUNICODE8
  [0x55, (machine, reader) => push(machine, takeLatin1(reader, takeUint8(reader)))], // SHORT_BINSTRING
  [0x54, (machine, reader) => push(machine, takeLatin1(reader, takeUint32(reader)))], // BINSTRING
  [0x43, (machine, reader) => push(machine, { kind: "bytes", bytes: takeBytes(reader, takeUint8(reader)) })], // SHORT_BINBYTES
  [0x42, (machine, reader) => push(machine, { kind: "bytes", bytes: takeBytes(reader, takeUint32(reader)) })], // BINBYTES
  [0x8e, (machine, reader) => push(machine, { kind: "bytes", bytes: takeBytes(reader, takeUint64(reader)) })], // BINBYTES8
  [0x96, (machine, reader) => push(machine, { kind: "bytes", bytes: takeBytes(reader, takeUint64(reader)) })], // BYTEARRAY8
  [0x5d, (machine) => push(machine, { kind: "list", items: [] })], // EMPTY_LIST
  [0x6c, (machine) => push(machine, { kind: "list", items: popMark(machine) })], // LIST
  [0x61, (machine) => append(machine, [pop(machine)])], // APPEND
  [0x65, (machine) => append(machine, popMark(machine))], // APPENDS
  [0x29, (machine) => push(machine, { kind: "tuple", items: [] })], // EMPTY_TUPLE
  [0x85, tupleOf(1)], // TUPLE1
  [0x86, tupleOf(2)], // TUPLE2
  [0x87, tupleOf(3)], // TUPLE3
  [0x74, (machine) => push(machine, tuple(machine, popMark(machine)))], // TUPLE
  [0x7d, (machine) => push(machine, { kind: "dict", entries: new Map() })], // EMPTY_DICT
  [0x73, (machine) => setItems(machine, [pop(machine), pop(machine)].reverse())], // SETITEM
  [0x75, (machine) => setItems(machine, popMark(machine))], // SETITEMS
  [0x8f, (machine) => push(machine, { kind: "set", items: [] })], // EMPTY_SET
  [0x90, (machine) => append(machine, popMark(machine))], // ADDITEMS
  [0x91, (machine) => push(machine, { kind: "set", items: popMark(machine) })], // FROZENSET
  [0x63, (machine, reader) => global(machine, takeLine(reader), takeLine(reader))], // GLOBAL
  [0x93, (machine) => globalFromStack(machine)], // STACK_GLOBAL
  [0x52, call], // REDUCE
  [0x81, call], // NEWOBJ
  [0x62, build], // BUILD
  [
    0x51,
    (machine) => push(machine, { kind: "persistent", id: pop(machine), offset: machine.reader.base + machine.at }),
  ], // BINPERSID
  [0x71, (machine, reader) => memoize(machine, takeUint8(reader))], // BINPUT
  [0x72, (machine, reader) => memoize(machine, takeUint32(reader))], // LONG_BINPUT
  [0x94, (machine) => memoize(machine, machine.memo.size)], // MEMOIZE
  [0x68, (machine, reader) => recall(machine, takeUint8(reader))], // BINGET
  [0x6a, (machine, reader) => recall(machine, takeUint32(reader))], // LONG_BINGET
]);

function mark(machine: Machine): void {
  if (machine.marks.length >= MAX_STACK)
    throw refusal(machine, `more than ${MAX_STACK} marks wait, the file is damaged`);
  machine.marks.push(machine.stack.length);
}

function globalFromStack(machine: Machine): void {
  const name = pop(machine);
  global(machine, pop(machine), name);
}

function proto(machine: Machine, version: number): void {
  if (version < 2 || version > 5)
    throw refusal(machine, `protocols 2 to 5 are read, got ${version}, save the file again`);
}

/** A frame only says how much may be read at once. */
function frame({ reader }: Machine, length: number): void {
  if (length > reader.bytes.length - reader.at) throw pickleError(reader, "a frame is longer than the file, it is cut");
}

const STOP = 0x2e;

/**
 * Reads one pickle.
 *
 * @throws FormatError with the byte offset: an opcode or a global that is not on the list, a cut or damaged file
 * @example unpickle(Uint8Array.of(0x80, 2, 0x4b, 7, 0x2e), { allows: () => false }).value // 7
 */
export function unpickle(bytes: Uint8Array, { base = 0, start = 0, allows }: PickleOptions): Unpickled {
  const reader = newReader(bytes, base, start);
  const machine: Machine = { reader, allows, stack: [], marks: [], memo: new Map(), at: start };
  for (let steps = 0; ; steps++) {
    machine.at = reader.at;
    if (steps > MAX_STEPS) throw refusal(machine, `more than ${MAX_STEPS} instructions, the file is damaged`);
    const code = takeUint8(reader);
    if (code === STOP) break;
    const instruction = INSTRUCTIONS.get(code);
    if (instruction === undefined) {
      throw refusal(
        machine,
        `instruction 0x${code.toString(16).padStart(2, "0")} is none that tensors need, the file is damaged or no checkpoint`,
      );
    }
    instruction(machine, reader);
  }
  const value = pop(machine);
  return { value, end: reader.at };
}
