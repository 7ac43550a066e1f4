import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { workerScriptForVite } from "./scripts/worker-script.mjs";

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

export default defineConfig({
  plugins: [workerScriptForVite],
  resolve: {
    // Tests that import the package by name see the sources, never a stale build. test/exports.test.ts looks at the build itself.
    alias: [
      { find: /^gradsmith$/, replacement: source("index.ts") },
      { find: /^gradsmith\/(.+)$/, replacement: source("doors/$1.ts") },
    ],
  },
  test: {
    environment: "node",
    // What the build for Node begins with (scripts/build.mjs).
    setupFiles: [source("node.ts")],
    include: ["src/**/*.test.ts", "test/**/*.test.ts", "labs/**/*.test.ts"],
    // Processes, because native kernels and engine flags are per process; one for each core, where vitest would leave one core idle.
    pool: "forks",
    maxWorkers: availableParallelism(),
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
