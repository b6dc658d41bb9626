// Constants of the kernels as whole registers in memory. Loops load them into locals before they begin: an engine makes a
// `v128.const` anew at each use, and with four instructions.

export const ones = memory.data<u32>([1, 1, 1, 1], 16);
export const signBit = memory.data<u32>([0x80000000, 0x80000000, 0x80000000, 0x80000000], 16);

/** What this instance writes besides values: instances of several threads may share one memory. */
let room: usize = 0;

/** How much passes that need scratch memory work on at a time. */
export const CHUNK_BYTES: usize = 8192;

/** A block's state, an argument, and two chunks for what a pass hands to the next. */
export const ROOM_BYTES: usize = 2 * CHUNK_BYTES + 256;

/** @param at a multiple of 16 with ROOM_BYTES behind it, this instance's alone. */
export function setRoom(at: usize): void {
  room = at;
}

export function states(): usize {
  return room;
}

export function scratch(): usize {
  return room + 256;
}

/** A number that a loop gets, as a register that stays one. */
export function lanes(value: f32): v128 {
  v128.store(room, f32x4.splat(value), 128);
  return v128.load(room, 128);
}

export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  return f32x4.add(f32x4.mul(a, b), c);
}
