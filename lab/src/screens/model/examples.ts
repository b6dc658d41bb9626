/** Models that come with the lab: files of the examples folder, fetched from the lab's own server when asked for. */

import digits from "../../../../examples/digits-mlp.onnx?url";
import license from "../../../../examples/light_resnet50.LICENSE?url";
import resnet from "../../../../examples/light_resnet50.onnx?url";
import { type ModelState, schema } from "./state.ts";

export type Example = Exclude<ModelState["example"], "none">;

const ADDRESSES: Readonly<Record<Example, string>> = { digits, resnet };

export const resnetLicense = license;

/** @throws Error where the lab's server is gone */
export async function exampleFile(example: Example): Promise<File> {
  const name = schema.example.options[example];
  const answer = await fetch(ADDRESSES[example]).catch(() => null);
  if (!answer?.ok) throw new Error(`${name}: the lab's server does not answer, start epoch0 lab again`);
  return new File([await answer.blob()], name);
}
