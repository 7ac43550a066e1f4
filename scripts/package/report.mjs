// What checks of the package say: a line for each, and how many passed and failed.
let passed = 0;
let failed = 0;

/** A check of this name passed, or has this fault. */
export function check(name, fault) {
  console.log(`${fault === undefined ? "ok    " : "FAILED"} ${name}${fault === undefined ? "" : `: ${fault}`}`);
  if (fault === undefined) passed++;
  else failed++;
}

/** The last line, and the exit code. */
export function finish() {
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
