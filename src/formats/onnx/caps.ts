/** Limits that a file is held to before anything is allocated for it, each with the reason for its size. */

/** Protobuf's own limit on a message: a serialized ONNX file above 2 GiB is not valid; its weights go into external files. */
export const MAX_FILE_BYTES = 2 ** 31 - 1;

/** The largest exported graphs in use (unrolled detection models) have about 30,000 nodes. */
export const MAX_NODES = 250_000;

/** A mixture of experts with 64 layers × 256 experts × 3 matrices is about 50,000. */
export const MAX_INITIALIZERS = 250_000;

/** Names are module paths; 4,096 bytes is the length of a path in POSIX. */
export const MAX_NAME_BYTES = 4_096;

/** ONNX defines no operator over more than 6 axes; NumPy stops at 32. */
export const MAX_RANK = 32;

/** Scalars of one tensor: a trillion is the size of the largest whole models. Products stay exact integers in doubles. */
export const MAX_ELEMENTS = 2 ** 40;

/** Inputs, outputs or attributes of one node: a concatenation of a very wide graph has a few thousand. */
export const MAX_NODE_ARGUMENTS = 65_536;

/** Elements of one tensor that is computed while reading (a causal mask of 2,048 positions has 2²²). */
export const MAX_FOLDED_ELEMENTS = 2 ** 22;

/** All tensors computed while reading one file together: bounds time and memory (256 MB). */
export const MAX_FOLDED_TOTAL = 2 ** 25;

/** Parts of a fused elementwise expression; the longest activation written out (tanh GELU) has about 20. */
export const MAX_EXPRESSION_PARTS = 128;

/** Elements of a placeholder (ConstantOfShape) whose values are asked for: as float32 what a 2 GiB file could hold. */
export const MAX_FILLED_ELEMENTS = 2 ** 29;
