import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll } from "vitest";
import { nativeAvailability } from "../../src/backends/cpu/native.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "gradsmith-promises-"));
const bundles = new Map<string, Promise<string>>();

/**
 * A program of `programs/` together with the sources it imports as "gradsmith", bundled as the package is built for Node. It keeps plans
 * where GRADSMITH_TEST_BUILD names a build.
 */
function bundled(name: string): Promise<string> {
  const known = bundles.get(name);
  if (known !== undefined) return known;
  const outfile = join(folder, `${name}.mjs`);
  const made = build({
    entryPoints: [join(root, "test", "promises", "programs", `${name}.ts`)],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    alias: { gradsmith: join(root, "src", "index.ts") },
    inject: [join(root, "src", "node.ts")],
    define: { GRADSMITH_BUILD: "globalThis.process.env.GRADSMITH_TEST_BUILD" },
    ignoreAnnotations: true,
    logLevel: "warning",
  }).then(() => outfile);
  bundles.set(name, made);
  return made;
}

/** What a program prints, run in a process of its own; `within` is a command that starts another, such as `unshare -rn`. */
export async function outputOf(
  name: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  within: readonly string[] = [],
): Promise<string> {
  const [file, ...words] = [...within, process.execPath, await bundled(name), ...args];
  return new Promise((resolve, reject) => {
    const options = { env: { ...process.env, ...environment }, maxBuffer: 2 ** 24 };
    execFile(file!, words, options, (error, stdout, stderr) =>
      error === null ? resolve(stdout) : reject(new Error(`${error.message}\n${stderr}`)),
    );
  });
}

/** Removes the bundles when the tests of a file have run. */
export const removeBundlesAfterwards = (): void => afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { available, reason } = nativeAvailability();
/** The tiers to hold to a promise, each with why it can't be here. */
export const tiers: readonly { readonly tier: "wasm" | "native"; readonly missing: string | undefined }[] = [
  { tier: "wasm", missing: undefined },
  { tier: "native", missing: available ? undefined : reason },
];
