/** A layer's configuration as JSON gives it: read by name, with the layer named where a value is not what it has to be. */

import { FormatError } from "../error.ts";
import { shown } from "../shape.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
export const isArray = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

/** Sizes of one axis; a network's are far below. */
const LARGEST = 2 ** 31;

function fail(where: string, key: string, expected: string, got: Json | undefined): never {
  const text = got === undefined ? "nothing" : shown(JSON.stringify(got));
  throw new FormatError(`${where}: ${key} is ${expected}, got ${text}, save the model again`);
}

export function objectAt(object: JsonObject, key: string, where: string): JsonObject {
  const value = object[key];
  return isObject(value) ? value : fail(where, key, "an object", value);
}

export function arrayAt(object: JsonObject, key: string, where: string): readonly Json[] {
  const value = object[key];
  return isArray(value) ? value : fail(where, key, "a list", value);
}

export function textAt(object: JsonObject, key: string, where: string, fallback?: string): string {
  const value = object[key] ?? fallback;
  return typeof value === "string" ? value : fail(where, key, "a text", value);
}

/** A number, or the fallback where the file leaves it out or says null. */
export function numberAt(object: JsonObject, key: string, where: string, fallback?: number): number {
  const value = object[key] ?? fallback;
  return typeof value === "number" && Number.isFinite(value) ? value : fail(where, key, "a number", value);
}

export function flagAt(object: JsonObject, key: string, where: string, fallback: boolean): boolean {
  const value = object[key] ?? fallback;
  return typeof value === "boolean" ? value : fail(where, key, "true or false", value);
}

const isSize = (value: Json | undefined): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 1 && value < LARGEST;

export function sizeAt(object: JsonObject, key: string, where: string, fallback?: number): number {
  const value = object[key] ?? fallback;
  return isSize(value) ? value : fail(where, key, "a whole number from 1 on", value);
}

/** One size for each axis; a single number stands for all. */
export function sizesAt(object: JsonObject, key: string, axes: number, where: string, fallback?: number): number[] {
  const value = object[key] ?? fallback;
  if (isSize(value)) return new Array<number>(axes).fill(value);
  if (isArray(value) && value.length === axes && value.every(isSize)) return [...value];
  return fail(where, key, `a whole number or ${axes} of them`, value);
}

/** Whole numbers, negative ones too; a single number is a list of one. */
export function wholesAt(object: JsonObject, key: string, where: string): number[] {
  const value = object[key];
  const list = isArray(value) ? value : [value];
  const whole = (entry: Json | undefined): entry is number => typeof entry === "number" && Number.isSafeInteger(entry);
  return list.every(whole) ? list.filter(whole) : fail(where, key, "a list of whole numbers", value);
}

/** A shape with the batch first; null and −1 stand for the batch, and only there. */
export function shapeOf(value: Json | undefined, batch: number, where: string): number[] {
  if (!isArray(value) || value.length === 0) return fail(where, "the input's shape", "a list", value);
  return value.map((size, axis) => {
    if (isSize(size)) return size;
    if (size === null && axis === 0) return batch;
    throw new FormatError(
      `${where}: axis ${axis} of the input's shape ${JSON.stringify(value)} is open, save the model with a fixed shape`,
    );
  });
}

/** "softMax" and "Softmax" are "soft_max" and "softmax". */
export const snake = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
