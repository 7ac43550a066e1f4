/**
 * The worker's program as text that defines `gradsmithWorker.serve`: `serve.ts` and what it imports, put here when the package is built
 * (scripts/worker-script.mjs). As text, since not every bundler takes a worker's file along.
 */
export const script: string = "";
