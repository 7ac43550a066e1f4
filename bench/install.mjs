// Installs the peers that can be had here, each in a folder of its own, and says what is left to do for the others.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const peers = fileURLToPath(new URL("peers/", import.meta.url));
const npm = process.env.npm_execpath;
const run = (file, args, cwd = peers) => spawnSync(file, args, { cwd, stdio: "inherit" }).status === 0;
const outcomes = [];
const note = (name, ok, advice) => outcomes.push(`${ok ? "ready  " : "missing"} ${name}${ok ? "" : `: ${advice}`}`);

// Without scripts: onnxruntime-node's would fetch CUDA libraries, the others' do nothing of use.
for (const name of ["jax-js", "tfjs", "onnxruntime"]) {
  const args = ["install", "--ignore-scripts", "--no-fund", "--no-audit"];
  const folder = join(peers, name);
  note(name, npm === undefined ? run("npm", args, folder) : run(process.execPath, [npm, ...args], folder), "npm install failed");
}

const venv = join(peers, ".venv");
const venvPython = () => ["bin/python", "Scripts/python.exe"].map((path) => join(venv, path)).find(existsSync);
if (venvPython() === undefined) run("python3", ["-m", "venv", venv]);
const jax = venvPython() !== undefined && run(venvPython(), ["-m", "pip", "install", "--quiet", "-r", "jax/requirements.txt"]);
note("JAX", jax, "needs python3 with venv, and pip");

const hasTorch = (python) => spawnSync(python, ["-c", "import torch"]).status === 0;
const python = [process.env.GRADSMITH_BENCH_PYTHON, "python3", "/usr/bin/python3"].filter((path) => path !== undefined).find(hasTorch);
note("PyTorch", python !== undefined, "apt-get install python3-torch, or set GRADSMITH_BENCH_PYTHON to a Python that has it");

// The OpenMP build of OpenBLAS, unpacked beside the peer and not installed: see contestant.ts.
const openBlas = join(peers, "torch/openblas");
if (python !== undefined && process.platform === "linux" && !existsSync(openBlas) && spawnSync("apt-get", ["--version"]).status === 0) {
  const folder = join(peers, "torch");
  run("apt-get", ["download", "libopenblas0-openmp"], folder);
  for (const archive of readdirSync(folder).filter((name) => name.endsWith(".deb"))) {
    run("dpkg", ["-x", archive, openBlas], folder);
    rmSync(join(folder, archive));
  }
}
if (python !== undefined) {
  const exported = run(python, ["export.py", join(peers, "onnxruntime/models")], join(peers, "torch"));
  note("models for onnxruntime", exported, "torch.onnx could not write them");
}
console.log(`\n${outcomes.join("\n")}`);
