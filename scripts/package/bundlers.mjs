// How users' bundlers are called: each makes a program of `entry` in the folder `out`, for Node or for a page, and gives the file that starts it.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export function bundlers(tools) {
  const load = (path) => import(pathToFileURL(join(tools, "node_modules", path)).href);
  return [
    {
      name: "esbuild",
      async bundle({ entry, out, platform, cwd }) {
        const { build } = await load("esbuild/lib/main.js");
        await build({
          entryPoints: { main: entry },
          outdir: out,
          outExtension: { ".js": ".mjs" },
          absWorkingDir: cwd,
          bundle: true,
          splitting: true,
          minify: true,
          format: "esm",
          platform: platform === "node" ? "node" : "browser",
          logLevel: "silent",
        });
        return join(out, "main.mjs");
      },
    },
    {
      name: "rolldown",
      async bundle({ entry, out, platform }) {
        const { rolldown } = await load("rolldown/dist/index.mjs");
        const bundle = await rolldown({ input: { main: entry }, platform: platform === "node" ? "node" : "browser", logLevel: "silent" });
        await bundle.write({ dir: out, entryFileNames: "[name].mjs", chunkFileNames: "[name]-[hash].mjs", format: "esm", minify: true });
        return join(out, "main.mjs");
      },
    },
    {
      name: "webpack",
      async bundle({ entry, out, platform, cwd }) {
        const { default: webpack } = await load("webpack/lib/index.js");
        const compiler = webpack({
          entry,
          context: cwd,
          mode: "production",
          target: platform === "node" ? "node20" : "web",
          output: { path: out, filename: "main.cjs", chunkFilename: "[name].cjs", publicPath: platform === "node" ? undefined : "auto" },
        });
        const stats = await new Promise((resolve, reject) => compiler.run((error, done) => (error ? reject(error) : resolve(done))));
        await new Promise((resolve) => compiler.close(resolve));
        if (stats.hasErrors()) throw new Error(stats.toString({ all: false, errors: true }));
        return join(out, "main.cjs");
      },
    },
    vite("vite-7", load),
    vite("vite-8", load),
  ];
}

const vite = (name, load) => ({
  name,
  async bundle({ entry, out, platform, cwd }) {
    const { build } = await load(`${name}/dist/node/index.js`);
    const forNode = platform === "node";
    await build({
      root: cwd,
      configFile: false,
      logLevel: "silent",
      // Everything in the bundle, as on a server that has no node_modules.
      ssr: { noExternal: true },
      build: {
        ...(forNode ? { ssr: entry } : {}),
        outDir: out,
        emptyOutDir: true,
        modulePreload: { polyfill: false },
        rollupOptions: { input: entry, output: { entryFileNames: "main.mjs" } },
      },
    });
    return join(out, readdirSync(out).find((file) => file === "main.mjs") ?? "main.mjs");
  },
});
