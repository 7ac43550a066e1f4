// Runs every check, even after one has failed, and adds up what passed and what failed.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "gradsmith-check-"));
const vitestReport = join(folder, "vitest.json");
const bin = (path) => [process.execPath, join("node_modules", path)];
const tsc = bin("typescript/bin/tsc");

const checks = [
  { name: "format and lint", command: [...bin("@biomejs/biome/bin/biome"), "ci", "--colors=off"] },
  { name: "layers", command: [...bin("dependency-cruiser/bin/dependency-cruise.mjs"), "--config", ".dependency-cruiser.mjs", "src"] },
  { name: "types", command: [...tsc, "-p", "tsconfig.json", "--noEmit"] },
  { name: "types without Node and DOM", command: [...tsc, "-p", "tsconfig.pure.json", "--noEmit"] },
  {
    // The command that README names, which builds first.
    name: "npm test",
    command: ["npm", "test", "--", "--reporter=default", "--reporter=json", `--outputFile.json=${vitestReport}`],
    count: countTests,
  },
  {
    name: "programs in the documentation",
    command: [process.execPath, "scripts/run-doc-blocks.mjs", "README.md", "docs/guide.md"],
    count: countLastLine,
  },
  { name: "bundle size", command: [process.execPath, "scripts/bundle-size.mjs"] },
  { name: "the package as its users have it", command: [process.execPath, "scripts/package/check.mjs"], count: countLastLine },
  { name: "in a browser", command: [process.execPath, "scripts/browser.mjs"], count: countLastLine },
  { name: "pictures, progress and frames in a browser", command: [process.execPath, "scripts/browser-page.mjs"], count: countLastLine },
  { name: "files in a browser", command: [process.execPath, "scripts/browser-files.mjs"], count: countLastLine },
  // Takes a minute for each compiler there is.
  ...(process.env.GRADSMITH_NIGHTLY === "1"
    ? [{ name: "with every C compiler", command: [process.execPath, "scripts/compilers.mjs"], count: countLastLine }]
    : []),
  // Timed, and so only where the machine is asked to be quiet: at night.
  ...(process.env.GRADSMITH_NIGHTLY === "1"
    ? [{ name: "fit() against the bare loop", command: [process.execPath, "bench/start.mjs", "fit"] }]
    : []),
];

const env = { ...process.env, CI: "true", NO_COLOR: "1", FORCE_COLOR: undefined };
if (env.GRADSMITH_DATA !== undefined) env.GRADSMITH_DATA = resolve(env.GRADSMITH_DATA);
else if (existsSync("../shared/data")) env.GRADSMITH_DATA = resolve("../shared/data");

const results = checks.map(run);
rmSync(folder, { recursive: true, force: true });

console.log("\n--- summary");
for (const { name, passed, failed, seconds } of results) {
  console.log(`${failed === 0 ? "ok    " : "FAILED"} ${name}: ${passed} passed, ${failed} failed (${seconds.toFixed(1)} s)`);
}
const passed = results.reduce((sum, result) => sum + result.passed, 0);
const failed = results.reduce((sum, result) => sum + result.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function run({ name, command, count = countStatus }) {
  console.log(`\n--- ${name}`);
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(command[0], command.slice(1), {
    env,
    encoding: "utf8",
    maxBuffer: 1 << 28,
    // npm is a script there.
    shell: process.platform === "win32" && command[0] === "npm",
  });
  process.stdout.write(stdout + stderr);
  const counted = count(status === 0, stdout);
  // A crash after the last test, say, is a failure that no count has seen.
  if (status !== 0 && counted.failed === 0) counted.failed = 1;
  return { name, seconds: (performance.now() - start) / 1000, ...counted };
}

function countStatus(ok) {
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1 };
}

function countLastLine(ok, text) {
  const found = /(\d+) passed, (\d+) failed\s*$/.exec(text);
  return found === null ? countStatus(ok) : { passed: Number(found[1]), failed: Number(found[2]) };
}

/** Tests, and the files that failed before their first test. */
function countTests(ok) {
  if (!existsSync(vitestReport)) return countStatus(ok);
  const report = JSON.parse(readFileSync(vitestReport, "utf8"));
  const unread = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  );
  return { passed: report.numPassedTests, failed: report.numFailedTests + unread.length };
}
