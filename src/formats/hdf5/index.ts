/** HDF5 files: what arrays there are, and their numbers. */

export { type Hdf5, type Hdf5Array, openHdf5 } from "./read.ts";
