/** Names and shapes of a model from its configuration, checked against its index where there is one. */

import type { Dtype } from "../../model/types.ts";
import { DTYPE_BYTES } from "../dtype.ts";
import { FormatError } from "../error.ts";
import { elementCount, shown } from "../shape.ts";
import type { ShardIndex } from "../shards/index.ts";
import type { ConfigReader } from "./config.ts";
import { expand, type ShapedTensor } from "./expand.ts";
import { FAMILIES } from "./families/index.ts";
import type { Family, Sizes } from "./types.ts";

/** Tensors that the library computes and that old files hold all the same: frequencies, masks, numbers of places. */
const COMPUTED =
  /(^|\.)(rotary_emb\.inv_freq|attn\.(masked_)?bias|attention\.(masked_)?bias|embeddings\.position_ids|position_ids|final_logits_bias)$/;

export interface ConfiguredShapes {
  readonly tensors: readonly ShapedTensor[];
  readonly family: Family;
  readonly sizes: Sizes;
  /** What was taken for granted or left out, in sentences. */
  readonly remarks: readonly string[];
}

export function familyOf(config: ConfigReader): Family {
  const type = config.text("model_type");
  const family = FAMILIES.find(({ types }) => type !== null && types.includes(type));
  if (family !== undefined) return family;
  const known = FAMILIES.flatMap(({ types }) => types).join(", ");
  throw new FormatError(
    `config: shapes of model_type ${type === null ? "(none)" : shown(type)} are not known here, give a list of shapes or a header; known are ${known}`,
  );
}

/** The end of a class's name that says what is on top of the body. */
function headOf(
  config: ConfigReader,
  family: Family,
): { readonly head: string | null; readonly remark: string | null } {
  const [first] = config.list("architectures");
  const [plain = "Model"] = Object.keys(family.heads);
  if (typeof first !== "string")
    return { head: plain, remark: `the configuration names no class, its shapes are taken as those of …${plain}` };
  const head = Object.keys(family.heads).find((end) => first.endsWith(end));
  if (head !== undefined) return { head, remark: null };
  if (/[a-z0-9]Model$/.test(first) && !/(LMHead|DoubleHeads)Model$/.test(first)) return { head: null, remark: null };
  throw new FormatError(
    `config: class ${shown(first)} is not known here, known are ${Object.keys(family.heads)
      .map((end) => `…${end}`)
      .join(", ")} and …Model, or give a list of shapes`,
  );
}

function tensorsOf(family: Family, sizes: Sizes, head: string | null): ShapedTensor[] {
  const { rows = "", sets = {} } = head === null ? {} : (family.heads[head] ?? { rows: "" });
  const body = expand(family.body, { ...sizes, ...sets });
  if (head === null) return body;
  return [
    ...body.map((tensor) => ({ ...tensor, name: family.prefix + tensor.name })),
    ...expand(rows, { ...sizes, ...sets }),
  ];
}

/**
 * Tensors in the order of the state dict. With an index, those that it names, whatever class its file was saved from.
 *
 * @throws FormatError for a family, a class or a tensor of the index that no table knows
 */
export function configuredShapes(config: ConfigReader, index: ShardIndex | null, dtype: Dtype): ConfiguredShapes {
  const family = familyOf(config);
  const sizes = family.sizes(config);
  if (index === null) {
    const { head, remark } = headOf(config, family);
    return { tensors: tensorsOf(family, sizes, head), family, sizes, remarks: remark === null ? [] : [remark] };
  }
  const known = new Map<string, ShapedTensor>();
  for (const head of [null, ...Object.keys(family.heads)])
    for (const tensor of tensorsOf(family, everything(family, sizes), head)) known.set(tensor.name, tensor);
  const named = new Set([...index.shards.values()].flatMap((tensors) => [...tensors]));
  const computed = [...named].filter((name) => !known.has(name) && COMPUTED.test(name));
  const unknown = [...named].filter((name) => !known.has(name) && !COMPUTED.test(name));
  if (unknown.length > 0) {
    const more = unknown.length === 1 ? "" : ` and of ${unknown.length - 1} more`;
    throw new FormatError(
      `config: the shape of ${shown(unknown[0] ?? "")}${more} does not follow from model_type ${shown(family.types[0] ?? "")}, give a list of shapes`,
    );
  }
  const tensors = [...known.values()].filter(({ name }) => named.has(name));
  const remarks = computed.length === 0 ? [] : [`left out, as the library computes them: ${listed(computed)}`];
  const size = sizeRemark(tensors, index, dtype, computed.length > 0);
  return { tensors, family, sizes, remarks: size === null ? remarks : [...remarks, size] };
}

/** With every flag that only adds tensors: the index decides which are there. */
function everything(family: Family, sizes: Sizes): Sizes {
  const flags = new Set(
    [family.body, ...Object.values(family.heads).map(({ rows }) => rows)].flatMap((table) =>
      [...table.matchAll(/\?(\w+)/g)].map(([, flag = ""]) => flag),
    ),
  );
  const optional = ["untied", "pooled", "qkvBias", "outBias", "mlpBias", "biased"].filter((flag) => flags.has(flag));
  return { ...sizes, ...Object.fromEntries(optional.map((flag) => [flag, 1])) };
}

function listed(names: readonly string[]): string {
  return names.length < 3 ? names.map(shown).join(", ") : `${shown(names[0] ?? "")} and ${names.length - 1} more`;
}

/** The index says how many bytes the tensors take: a check on the shapes that does not need them. */
function sizeRemark(
  tensors: readonly ShapedTensor[],
  { totalSize }: ShardIndex,
  dtype: Dtype,
  computed: boolean,
): string | null {
  if (totalSize === null || computed) return null;
  const elements = tensors.reduce((sum, { name, shape }) => sum + elementCount(shape, `config: ${shown(name)}`), 0);
  if ([1, 2, 4, 8].some((bytes) => elements * bytes === totalSize)) return null;
  return `the index says ${totalSize} bytes, the configuration's shapes take ${elements * DTYPE_BYTES[dtype]}: tables may have been resized, compare with the model`;
}
