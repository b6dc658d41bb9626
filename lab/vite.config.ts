import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";

/** Every browser that runs the lab reads woff2: KaTeX's two older formats of each font stay out. */
const fontsOnce: Plugin = {
  name: "fonts-once",
  enforce: "pre",
  transform(code, id) {
    if (!id.includes("katex.min.css")) return null;
    return { code: code.replace(/,url\([^)]*\) format\("(?:woff|truetype)"\)/g, ""), map: null };
  },
};

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  // Relative addresses: the folder works under any path of any web server.
  base: "./",
  plugins: [fontsOnce, svelte()],
  worker: { format: "es" },
  build: {
    outDir: fileURLToPath(new URL("../dist/lab/", import.meta.url)),
    emptyOutDir: true,
    target: "es2022",
    // The content security policy lets fonts and images come from files only.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    // jax-js is loaded when something trains.
    chunkSizeWarningLimit: 2000,
  },
});
