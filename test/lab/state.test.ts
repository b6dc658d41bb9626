/** A screen's state and its link. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { moved, POSITIONS, positionOf, spinStep, valueAt } from "../../lab/src/components/slider.ts";
import { schema as signal } from "../../lab/src/screens/signal/state.ts";
import { formatLink, parseLink } from "../../lab/src/state/link.ts";
import { accepts, decode, defaults, encode, number, settle, text, whole } from "../../lab/src/state/schema.ts";
import { statesOf } from "./states.ts";

const everything = {
  ...signal,
  slope: number({ label: "Slope", default: 1, min: -3, max: 1e6 }),
  tenth: number({ label: "Tenth", default: 0.5, min: 0, max: 1, step: 0.1 }),
  expression: text({ label: "φ(x)", default: "tanh(x)", longest: 200 }),
} as const;

test("every state comes back from its link", () => {
  fc.assert(
    fc.property(statesOf(everything), (state) => {
      const link = parseLink(formatLink({ screen: "signal", query: encode(everything, state) }));
      expect(link?.screen).toBe("signal");
      expect(decode(everything, link?.query ?? "")).toEqual({ state, problems: [] });
    }),
  );
});

test("a browser keeps the link as it is written", () => {
  fc.assert(
    fc.property(statesOf(everything), (state) => {
      const hash = formatLink({ screen: "signal", query: encode(everything, state) });
      expect(new URL(hash, "http://127.0.0.1/").hash).toBe(hash);
    }),
  );
});

test("defaults are not written", () => {
  expect(encode(everything, defaults(everything))).toBe("");
  expect(encode(everything, { ...defaults(everything), depth: 3 })).toBe("depth=3");
});

test("whatever a link holds, the state is one the schema allows", () => {
  const part = fc.oneof(fc.string(), fc.constantFrom(...Object.keys(everything)));
  fc.assert(
    fc.property(fc.array(fc.tuple(part, fc.string())), (pairs) => {
      const { state } = decode(everything, pairs.map(([name, value]) => `${name}=${value}`).join("&"));
      for (const [name, field] of Object.entries(everything))
        expect(accepts(field, Object.entries(state).find(([key]) => key === name)?.[1])).toBe(true);
    }),
  );
});

test("what is not understood is said, and its default stands", () => {
  const { state, problems } = decode(signal, "depth=0&width=12.5&activation=cube&bias=maybe&nonsense=1&seed=9");
  expect(state).toEqual({ ...defaults(signal), seed: 9 });
  expect(problems).toHaveLength(5);
  expect(problems[0]).toBe('The link has depth="0"; it takes a whole number from 1 to 100, so 50 is shown.');
});

test("a link of another version or place is none", () => {
  for (const hash of ["", "#", "#v2/signal", "#signal", "#v1/", "#v1/SIGNAL"]) expect(parseLink(hash)).toBeNull();
});

test("a slider's position and its value belong together", () => {
  const fields = [
    whole({ label: "", default: 1, min: 1, max: 100 }),
    whole({ label: "", default: 4, min: 4, max: 512, log: true }),
    number({ label: "", default: 1, min: 1e-4, max: 1e3, log: true }),
    number({ label: "", default: 0, min: -2, max: 2 }),
  ];
  fc.assert(
    fc.property(fc.constantFrom(...fields), fc.double({ min: 0, max: POSITIONS, noNaN: true }), (field, position) => {
      const value = valueAt(field, position);
      expect(accepts(field, value)).toBe(true);
      expect(valueAt(field, positionOf(field, value))).toBe(value);
      // An arrow always moves, except at the end it points to.
      expect(moved(field, value, 1) > value || value === field.max).toBe(true);
      expect(moved(field, value, -1) < value || value === field.min).toBe(true);
      expect(settle(field, value)).toBe(value);
    }),
  );
});

test("the arrows of a number field move it by round numbers that it takes", () => {
  const noise = number({ label: "", default: 0.01, min: 1e-8, max: 0.5, log: true });
  expect([0.01, 0.3, 1e-8].map((value) => spinStep(noise, value))).toEqual([1e-3, 1e-2, 1e-9]);
  expect(spinStep(number({ label: "", default: 0, min: -2, max: 2 }), 1)).toBe(0.01);
  expect(spinStep(whole({ label: "", default: 4, min: 1, max: 4096, log: true }), 4)).toBe(1);
});
