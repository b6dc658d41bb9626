/** Random states of a screen, from its schema. */

import fc from "fast-check";
import { accepts, type Field, type Schema, type StateOf, settle } from "../../lab/src/state/schema.ts";

function valuesOf(field: Field): fc.Arbitrary<unknown> {
  switch (field.kind) {
    case "number":
      return fc
        .double({ min: field.min, max: field.max, noNaN: true })
        .map((value) => settle(field, value))
        .filter((value) => accepts(field, value));
    case "choice":
      return fc.constantFrom(...Object.keys(field.options));
    case "flag":
      return fc.boolean();
    case "text":
      return (field.pattern === undefined ? fc.string({ unit: "binary" }) : fc.stringMatching(field.pattern)).filter(
        (value) => accepts(field, value),
      );
  }
}

export function statesOf<S extends Schema>(schema: S): fc.Arbitrary<StateOf<S>> {
  const fields = Object.fromEntries(Object.entries(schema).map(([name, field]) => [name, valuesOf(field)]));
  // The schema says which type each field has; fast-check's record of mixed fields does not.
  return fc.record(fields) as fc.Arbitrary<unknown> as fc.Arbitrary<StateOf<S>>;
}
