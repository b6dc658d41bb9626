/** MurmurHash3_x86_128 (Appleby 2011, public domain), seed 0: a parameter's name to 128 bits. Not for adversaries. */

import type { Words4 } from "./philox.ts";

const C1 = 0x239b961b;
const C2 = 0xab0e9789;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93;

const rotateLeft = (x: number, r: number) => (x << r) | (x >>> (32 - r));
const mix = (k: number, first: number, r: number, second: number) =>
  Math.imul(rotateLeft(Math.imul(k, first), r), second);

function finalMix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Little-endian word at `offset`; bytes past the end count as 0. */
function wordAt(bytes: Uint8Array, offset: number): number {
  const byte = (i: number) => bytes[offset + i] ?? 0;
  return byte(0) | (byte(1) << 8) | (byte(2) << 16) | (byte(3) << 24);
}

/**
 * 128-bit hash of bytes as four words.
 *
 * @example murmur128(new TextEncoder().encode("fc1.weight"))
 */
export function murmur128(bytes: Uint8Array): Words4 {
  let h1 = 0;
  let h2 = 0;
  let h3 = 0;
  let h4 = 0;
  const whole = bytes.length - (bytes.length % 16);
  for (let i = 0; i < whole; i += 16) {
    h1 ^= mix(wordAt(bytes, i), C1, 15, C2);
    h1 = (Math.imul((rotateLeft(h1, 19) + h2) | 0, 5) + 0x561ccd1b) | 0;
    h2 ^= mix(wordAt(bytes, i + 4), C2, 16, C3);
    h2 = (Math.imul((rotateLeft(h2, 17) + h3) | 0, 5) + 0x0bcaa747) | 0;
    h3 ^= mix(wordAt(bytes, i + 8), C3, 17, C4);
    h3 = (Math.imul((rotateLeft(h3, 15) + h4) | 0, 5) + 0x96cd1c35) | 0;
    h4 ^= mix(wordAt(bytes, i + 12), C4, 18, C1);
    h4 = (Math.imul((rotateLeft(h4, 13) + h1) | 0, 5) + 0x32ac3b17) | 0;
  }
  if (whole < bytes.length) {
    h4 ^= mix(wordAt(bytes, whole + 12), C4, 18, C1);
    h3 ^= mix(wordAt(bytes, whole + 8), C3, 17, C4);
    h2 ^= mix(wordAt(bytes, whole + 4), C2, 16, C3);
    h1 ^= mix(wordAt(bytes, whole), C1, 15, C2);
  }
  h1 ^= bytes.length;
  h2 ^= bytes.length;
  h3 ^= bytes.length;
  h4 ^= bytes.length;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = (h2 + h1) | 0;
  h3 = (h3 + h1) | 0;
  h4 = (h4 + h1) | 0;
  h1 = finalMix(h1);
  h2 = finalMix(h2);
  h3 = finalMix(h3);
  h4 = finalMix(h4);
  h1 = (h1 + h2 + h3 + h4) | 0;
  return [h1 >>> 0, (h2 + h1) >>> 0, (h3 + h1) >>> 0, (h4 + h1) >>> 0];
}
