/** .npz → weights. */

import type { Model } from "../../model/types.ts";
import { FormatError } from "../error.ts";
import { decodeNpy, NPY_PREFIX, type NpyHeader, npyDataOffset, parseNpyHeader } from "../npy/index.ts";
import { shown } from "../shape.ts";
import { type ByteSource, bytesSource } from "../source.ts";
import { tilesOfPieces } from "../tiles.ts";
import { weightsOnly } from "../weights.ts";
import { memberPieces, readDirectory, readMember, readMemberStart, type ZipMember } from "../zip/index.ts";

export interface NpzArray {
  readonly name: string;
  readonly header: NpyHeader;
  readonly values: () => Float32Array | Float64Array;
  /** The same in pieces; an array in Fortran order is put in row-major order whole. */
  readonly tiles: () => Iterable<Float32Array | Float64Array>;
}

function openArray(source: ByteSource, member: ZipMember, what: string): NpzArray {
  const label = `${what}, member ${shown(member.name)}`;
  const prefix = readMemberStart(source, member, NPY_PREFIX, what);
  const start = readMemberStart(source, member, npyDataOffset(prefix, label), what);
  const header = parseNpyHeader(start, member.size, label);
  const values = () => decodeNpy(header, readMember(source, member, what).subarray(header.dataOffset));
  const { dtype, littleEndian, dataOffset } = header;
  const tiles = () =>
    header.fortranOrder
      ? [values()]
      : tilesOfPieces(memberPieces(source, member, what), { skip: dataOffset, dtype, littleEndian });
  return { name: member.name.replace(/\.npy$/, ""), header, values, tiles };
}

/**
 * The arrays of an .npz archive: headers now, values when asked for.
 *
 * @throws FormatError with the byte offset
 */
export function readNpzArrays(
  file: Uint8Array | ByteSource,
  { name = "npz" }: { readonly name?: string } = {},
): NpzArray[] {
  const source = file instanceof Uint8Array ? bytesSource(file) : file;
  const arrays = readDirectory(source, name).map((member) => openArray(source, member, name));
  const names = new Set(arrays.map((array) => array.name));
  if (names.size !== arrays.length) {
    throw new FormatError(`${name}: two members mean the same array (with and without .npy), save it again`, 0);
  }
  return arrays;
}

/** An .npz archive (np.savez, np.savez_compressed) as a model without a graph. @throws FormatError */
export function readNpz(file: Uint8Array | ByteSource, { name = "model" }: { readonly name?: string } = {}): Model {
  const stored = readNpzArrays(file, { name }).map(({ name: array, header, values, tiles }) => ({
    name: array,
    dtype: header.dtype,
    shape: header.shape,
    values,
    tiles,
  }));
  return weightsOnly(stored, { format: "npz", name });
}
