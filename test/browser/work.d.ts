export interface Answer {
  /** SHA-256 of each parameter's values, by scheme, stream and name. */
  readonly hashes: Readonly<Record<string, string>>;
  readonly losses: readonly number[];
  /** The losses on WebGPU, or why there are none. */
  readonly webgpu: { readonly losses?: readonly number[]; readonly refused?: string };
  readonly error?: string;
}
export function work(library: unknown, bytes: Uint8Array): Promise<Answer>;
