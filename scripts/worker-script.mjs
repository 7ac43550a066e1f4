// The program of the worker device as text (src/backends/worker/script.ts): serve.ts and all it imports, minified. For the build and for tests.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const place = /[\\/]backends[\\/]worker[\\/]script\.[jt]s$/;

/** The module that exports it. */
export async function workerScriptModule() {
  const { outputFiles } = await build({
    entryPoints: ["src/backends/worker/serve.ts"],
    absWorkingDir: root,
    bundle: true,
    minify: true,
    format: "iife",
    globalName: "gradsmithWorker",
    platform: "neutral",
    target: "es2022",
    write: false,
    tsconfigRaw: "{}",
  });
  return `export const script = ${JSON.stringify(outputFiles[0].text)};\n`;
}

/** For Vite. */
export const workerScriptForVite = {
  name: "worker-script",
  enforce: "pre",
  load: (id) => (place.test(id) ? workerScriptModule() : undefined),
};
