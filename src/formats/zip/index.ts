/** Zip archives (.npz, PyTorch's .pt): what members there are, and their bytes. */

export { crc32 } from "./crc.ts";
export { readDirectory, viewOf, type ZipMember } from "./directory.ts";
export { memberOffset, memberPieces, readMember, readMemberStart } from "./member.ts";
