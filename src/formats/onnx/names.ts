/**
 * Parameter names that the exporter took away, found again from the names it left.
 *
 * torch.onnx.export names nodes by the module's path ("/h.0/attn/c_attn/MatMul") and renames an initializer that it
 * changed to onnx::Op_N. Children of a container repeat its name: "/features/features.0/Conv" is features.0.
 */

/** True for names that an exporter made up: nothing of the module's own name is in them. */
export function isGenerated(name: string): boolean {
  return name.startsWith("onnx::") || name.startsWith("/") || /^\d+$/.test(name) || /(^|[/_.])Constant(_|$)/.test(name);
}

/**
 * The module that a node belongs to, or null where the node's name holds no path.
 *
 * @example modulePath("/features/features.1/features.1.0/block/block.0/Conv") // "features.1.0.block.0"
 */
export function modulePath(nodeName: string): string | null {
  if (!nodeName.startsWith("/")) return null;
  const segments = nodeName.split("/").slice(1, -1);
  const path: string[] = [];
  for (const segment of segments) {
    const last = path.at(-1);
    if (last !== undefined && segment.startsWith(`${last}.`)) path[path.length - 1] = segment;
    else path.push(segment);
  }
  return path.length > 0 ? path.join(".") : null;
}

/** Number behind the operator in a node's name, 0 without one: the layer of a stacked recurrent module. */
export function occurrence(nodeName: string): number {
  const match = /_(\d{1,4})$/.exec(nodeName);
  return match ? Number(match[1]) : 0;
}

/** Named like a scalar that is learned, not like one that was written into the source. */
export function isScalarParameterName(name: string): boolean {
  if (isGenerated(name) || /const/i.test(name)) return false;
  return (
    /^[A-Za-z_]\w*(\.\w+)+$/.test(name) ||
    /(alpha|beta|gamma|scale|gain|weight|bias|temperature|resweight)$/i.test(name)
  );
}
