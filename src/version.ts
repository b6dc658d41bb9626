/** Equal to package.json's (test/package.test.ts): written into every file's metadata. */
export const version = "0.1.0";
