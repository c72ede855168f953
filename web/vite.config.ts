import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

// Names without hashes keep a rebuild readable as a difference; the server's ETag tells browsers what changed.
export default defineConfig({
  plugins: [svelte()],
  base: "/",
  build: {
    outDir: "../src/citybelt/web/static",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: false,
    target: "es2022",
    chunkSizeWarningLimit: 900,
    rollupOptions: {
      output: {
        entryFileNames: "assets/[name].js",
        chunkFileNames: "assets/[name].js",
        assetFileNames: "assets/[name][extname]",
        manualChunks: () => "workbench",
      },
    },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8765" } },
});
