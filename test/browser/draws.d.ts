export const LAWS: Readonly<Record<string, import("../../src/init/index.ts").Initializer>>;
export function draws(library: unknown, sizes?: readonly number[]): Promise<Record<string, string>>;
