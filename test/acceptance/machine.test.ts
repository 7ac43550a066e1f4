import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadModel } from "gradsmith";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answersProbe, fakeCompiler, hanging } from "../compilers/fake-compiler.ts";
import { inNightly } from "../nightly.ts";
import { gradsmith, hasNamespaces, withDisk } from "./command.ts";
import { idxBytes, writeImages } from "./image-folder.ts";

let root = "";
let images = "";
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "gradsmith-acceptance-"));
  images = join(root, "images");
  writeImages(images, { train: 20_000, test: 200 });
});
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});
let folders = 0;
const fresh = (): string => {
  const path = join(root, String(folders++));
  mkdirSync(path);
  return path;
};
const shortRun = (out: string): string[] => ["run", "xor", "--epochs", "2", "--out", out];

describe("help, in a process of its own", () => {
  test.each([[], ["run"], ["labs"], ["doctor"], ["summary"]])("gradsmith %s --help shows examples and exits 0", async (...words) => {
    const { code, stdout, stderr } = await gradsmith([...words, "--help"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`Usage: gradsmith ${words[0] ?? "<command>"}`);
    expect(stdout).toMatch(/\nExamples:\n {2}gradsmith \S/);
  });

  test("--version and doctor find the package the build belongs to", async () => {
    expect(await gradsmith(["--version"])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
      stderr: "",
    });
    expect(await gradsmith(["doctor"])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^gradsmith +\d/) as string, stderr: "" });
  });
});

describe("mistakes: exit code 2, one line on standard error, no stack", () => {
  const refuses = async (words: readonly string[], line: string, environment: Record<string, string> = {}): Promise<string> => {
    const { code, stdout, stderr } = await gradsmith(words, { environment });
    expect([code, stderr]).toEqual([2, `${line}\n`]);
    return stdout;
  };

  test("an unknown lab", () =>
    refuses(
      ["run", "fashion-minst"],
      '[run] unknown lab "fashion-minst". Did you mean "fashion-mnist"? Known: classification, regression, fashion-mnist, mnist, xor.',
    ));

  test("the stack is shown with --debug only", async () => {
    const { code, stderr } = await gradsmith(["run", "nothing", "--debug"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^GradsmithError: \[run\] unknown lab "nothing"\. Known: [^\n]+\n {4}at /);
  });

  test("a tier that does not exist leaves no folder", async () => {
    const out = fresh();
    await refuses(shortRun(out), '[GRADSMITH_CPU] unknown tier "natve". Did you mean "native"? Known: auto, wasm, native.', {
      GRADSMITH_CPU: "natve",
    });
    expect(readdirSync(out)).toEqual([]);
  });

  test("an output folder that can't be one", () => {
    const file = join(fresh(), "file");
    writeFileSync(file, "");
    return refuses(
      shortRun(join(file, "runs")),
      `[${join(file, "runs")}] can't be written to: a file is where a folder of the path should be. Choose another place.`,
    );
  });

  test("pictures that are not there", async () => {
    const [data, out] = [fresh(), fresh()];
    await refuses(
      ["run", "mnist", "--data", data, "--out", out],
      `[mnist] ${data} lacks train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz. Put MNIST's four files there, as https://storage.googleapis.com/cvdf-datasets/mnist/train-images-idx3-ubyte.gz and its neighbours.`,
    );
    expect(readdirSync(out)).toEqual([]);
  });

  test("pictures that are cut off", async () => {
    const data = fresh();
    writeImages(data, { train: 10, test: 10 });
    const path = join(data, "train-images-idx3-ubyte");
    writeFileSync(path, idxBytes([60_000, 28, 28], new Uint8Array(100)));
    await refuses(
      ["run", "fashion-mnist", "--data", data, "--out", fresh()],
      `[${path}] is cut off: [60000, 28, 28] needs 47040000 bytes of values, and 100 are there. The file is damaged, or not an IDX file.`,
    );
  });

  test("a saved model that is cut off", async () => {
    const path = join(fresh(), "model.safetensors");
    const bytes = new Uint8Array(20);
    new DataView(bytes.buffer).setBigUint64(0, 4096n, true);
    writeFileSync(path, bytes);
    await refuses(
      ["summary", path],
      `[${path}] says its header has 4096 bytes, but only 12 follow. The file is damaged, or not a safetensors file.`,
    );
  });

  test("GRADSMITH_CPU=native without a compiler", async () => {
    const out = fresh();
    const stdout = await refuses(
      shortRun(out),
      "[native] no C compiler works (false: ends with status 1). Set CC to a compiler that works, or unset it. Or use the wasm tier: GRADSMITH_CPU=wasm.",
      { GRADSMITH_CPU: "native", CC: "false" },
    );
    expect(stdout.split("\n")[0]).toBe(
      "device cpu, tier native: asked for, but not to be had (no C compiler works (false: ends with status 1). Set CC to a compiler that works, or unset it)",
    );
    expect(readdirSync(out)).toEqual([]);
  });

  test("a Node that is too old", async () => {
    const pretend = join(fresh(), "old.cjs");
    writeFileSync(pretend, 'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "18.19.1" } });');
    expect(await gradsmith(["labs"], { node: ["--require", pretend] })).toEqual({
      code: 2,
      stdout: "",
      stderr: "[gradsmith] needs Node 20 or later, and this is Node 18.19.1. Install a current one from https://nodejs.org.\n",
    });
  });

  test.skipIf(!existsSync("/dev/full"))("standard output on a full disk (Linux's /dev/full)", async () => {
    const within = ["sh", "-c", 'exec "$@" > /dev/full', "sh"];
    expect(await gradsmith(["labs"], { within })).toEqual({
      code: 2,
      stdout: "",
      stderr: "[standard output] can't be written: the disk is full. Free some space, or choose another place.\n",
    });
  });

  test.skipIf(!hasNamespaces)("no network and no pictures (a network namespace without a way out)", async () => {
    const out = fresh();
    const environment = { XDG_CACHE_HOME: fresh() };
    expect(await gradsmith(["run", "fashion-mnist", "--out", out], { environment, within: ["unshare", "-rn"] })).toMatchObject({
      code: 2,
      stderr:
        '[http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/train-images-idx3-ubyte.gz] can\'t be downloaded: there is no network, or its host name is unknown. Without a network, put the four files into a folder "fashion-mnist" and set GRADSMITH_DATA to the folder that holds it.\n',
    });
    expect(readdirSync(out)).toEqual([]);
  });

  test.skipIf(!hasNamespaces)("a disk that fills up while figures are written (a disk of one page)", async () => {
    const out = fresh();
    const { code, stderr } = await gradsmith(shortRun(out), { within: withDisk(out, "size=4k") });
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^\[.*\/xor-[\d-]+\/metrics\.jsonl\] can't be written: the disk is full\. Free some space, or choose another place\.\n$/,
    );
  });
});

describe.skipIf(process.platform === "win32")("the native tier's troubles end on wasm, with one line", () => {
  const brokenCompiler = (): string => {
    const path = join(fresh(), "cc");
    const macros = String.raw`'#define __GNUC__ 9\n#define __VERSION__ "9.9"\n'`;
    const script = `#!/bin/sh\ncase "$*" in *-dM*) printf ${macros};; *) echo "out of ideas" >&2; exit 4;; esac\n`;
    writeFileSync(path, script, { mode: 0o755 });
    return path;
  };

  test("no compiler, tier auto", async () => {
    const { code, stdout, stderr } = await gradsmith(shortRun(fresh()), { environment: { CC: "false" } });
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout.split("\n")[0]).toMatch(
      /^device cpu, tier wasm: WebAssembly SIMD( with fused multiply-add)? \(no C compiler works \(false: ends with status 1\)\. Set CC to a compiler that works, or unset it\)$/,
    );
  });

  test.each([
    ["false", "false: ends with status 1"],
    ["/nonexistent/cc", "/nonexistent/cc: not found"],
  ])("one line says so once, where native code would have been used: CC=%s", async (CC, reason) => {
    const words = ["run", "mnist", "--epochs", "1", "--data", images, "--out", fresh()];
    const { code, stderr } = await gradsmith(words, { environment: { CC } });
    expect([code, stderr]).toEqual([
      0,
      `gradsmith: no C compiler works (${reason}). Set CC to a compiler that works, or unset it. Going on with WebAssembly, slower for work like this; GRADSMITH_CPU=wasm says that it is meant.\n`,
    ]);
  });

  test("a compiler that fails", async () => {
    const environment = { GRADSMITH_CPU: "native", CC: brokenCompiler(), GRADSMITH_CACHE: fresh() };
    const { code, stdout, stderr } = await gradsmith(shortRun(fresh()), { environment });
    expect(code).toBe(0);
    expect(stdout).toContain("saved in ");
    expect(stderr).toMatch(
      /^gradsmith: the native tier failed: \[native\] [a-z ]+ could not be compiled with gcc 9\.9: out of ideas\. Use the wasm tier \(GRADSMITH_CPU=wasm\), or set CC to a compiler that works\. Going on with WebAssembly\.\n$/,
    );
  });

  test("a compiler that hangs", async () => {
    const folder = fresh();
    const { script, gone } = hanging(folder);
    const CC = fakeCompiler(folder, `${answersProbe}\n${script}`);
    const environment = { GRADSMITH_CPU: "native", GRADSMITH_COMPILER_SECONDS: "2", GRADSMITH_CACHE: folder, CC };
    const { code, stdout, stderr } = await gradsmith(shortRun(fresh()), { environment });
    expect(code).toBe(0);
    expect(stdout).toContain("saved in ");
    expect(stderr).toMatch(
      /^gradsmith: the native tier failed: \[native\] [a-z ]+ could not be compiled with gcc 9\.9: the compiler did not finish within 2 s\. Use the wasm tier \(GRADSMITH_CPU=wasm\), or set GRADSMITH_COMPILER_SECONDS to more\. Going on with WebAssembly\.\n$/,
    );
    await gone;
  });

  test("a compiler that doesn't say what it is", async () => {
    const folder = fresh();
    const { script, gone } = hanging(folder);
    const CC = fakeCompiler(folder, script);
    const { code, stdout, stderr } = await gradsmith(shortRun(fresh()), { environment: { GRADSMITH_COMPILER_SECONDS: "1", CC } });
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout.split("\n")[0]).toContain(
      `(no C compiler works (${CC} did not answer within 1 s). Set CC to a compiler that works, or unset it)`,
    );
    await gone;
  });

  test("a compiler that takes its time is named while it does", async () => {
    const folder = fresh();
    writeFileSync(join(folder, "cc"), '#!/bin/sh\ncase "$*" in *-dM*) ;; *) sleep 0.7;; esac\nexec cc "$@"\n', { mode: 0o755 });
    const environment = { GRADSMITH_CPU: "native", CC: join(folder, "cc"), GRADSMITH_CACHE: folder };
    const { code, stdout } = await gradsmith(shortRun(fresh()), { environment });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Compiling fit with \S.* …$/m);
    const again = await gradsmith(shortRun(fresh()), { environment });
    expect(again.stdout).not.toContain("Compiling");
  });

  test("a cache that is a file, and no other place either", async () => {
    const folder = fresh();
    const file = join(folder, "file");
    writeFileSync(file, "");
    const environment = { GRADSMITH_CPU: "native", GRADSMITH_CACHE: file, TMPDIR: join(folder, "nowhere") };
    expect(await gradsmith(shortRun(fresh()), { environment })).toMatchObject({
      code: 0,
      stderr: `gradsmith: the native tier failed: [native] there is no place for compiled code: ${file}/native can't be used (ENOTDIR), and ${folder}/nowhere can't be used (ENOENT). Set GRADSMITH_CACHE or TMPDIR to a folder that can be written. Going on with WebAssembly.\n`,
    });
  });

  const onNative = async (cache: string, within: readonly string[] = []): Promise<void> => {
    const environment = { GRADSMITH_CPU: "native", GRADSMITH_CACHE: cache };
    const { code, stdout, stderr } = await gradsmith(shortRun(fresh()), { environment, within });
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^device cpu, tier native: /);
  };

  test("a cache that is a file: a temporary folder serves", () => {
    const file = join(fresh(), "file");
    writeFileSync(file, "");
    return onNative(file);
  });

  test.skipIf(!hasNamespaces).each([["full", "size=4k"], ...inNightly([], [["read-only", "ro"]])])(
    "a cache on a disk that is %s: a temporary folder serves",
    (_, options) => {
      const disk = fresh();
      return onNative(disk, withDisk(disk, options!));
    },
  );
});

describe("whoever watches", () => {
  test.skipIf(process.platform === "win32")("who closes the terminal has the model saved, however often it is said", async () => {
    const out = fresh();
    const { code } = await gradsmith(["run", "xor", "--epochs", "100000", "--out", out], {
      environment: { GRADSMITH_CPU: "wasm" },
      onStart(child) {
        child.stdout!.once("data", function wait(text: string) {
          if (!text.includes("Epoch")) child.stdout!.once("data", wait);
          else for (let times = 0; times < 2; times++) child.kill("SIGHUP");
        });
      },
    });
    const [name] = readdirSync(out);
    expect([code, readdirSync(join(out, name!)).sort()]).toEqual([130, ["config.json", "metrics.jsonl", "model.safetensors"]]);
    expect((await loadModel(join(out, name!, "model.safetensors"))).inputShape).toEqual([2]);
  });

  test("without a terminal there is a plain line an epoch", async () => {
    const { code, stdout } = await gradsmith(["run", "xor", "--epochs", "3", "--tier", "wasm", "--out", fresh()]);
    expect(code).toBe(0);
    for (const control of ["\r", "\u001b"]) expect(stdout).not.toContain(control);
    expect(stdout.match(/^Epoch \d\/3 /gm)).toHaveLength(3);
  });

  test.each([["labs"], ["run"]])("a reader that leaves at once is no mistake (gradsmith %s)", async (command) => {
    const words = command === "run" ? ["run", "regression", "--tier", "wasm", "--out", fresh()] : [command];
    const onStart = (child: { stdout: { destroy(): void } | null }): void => child.stdout?.destroy();
    expect(await gradsmith(words, { onStart })).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  test.skipIf(process.platform === "win32")(
    "Ctrl-C amid an epoch saves, says where, exits 130, and the next run works",
    { timeout: 60_000 },
    async () => {
      const out = fresh();
      const words = ["run", "fashion-mnist", "--epochs", "50", "--data", images, "--tier", "wasm", "--out", out];
      let asked = 0;
      const { code, stdout, stderr } = await gradsmith(words, {
        onStart(child) {
          child.stdout?.on("data", (text: string) => {
            if (asked > 0 || !text.includes("Epoch  1/50")) return;
            asked = performance.now();
            setTimeout(() => child.kill("SIGINT"), 150);
          });
        },
      });
      expect(code).toBe(130);
      expect(performance.now() - asked).toBeLessThan(10_000);
      expect(stderr).toBe("\nFinishing this step, then saving. Press Ctrl-C again to quit at once.\n");
      const [name] = readdirSync(out);
      expect(stdout).toMatch(new RegExp(`\\nstopped by Ctrl-C; saved in ${join(out, name!)}/?\\n$`));
      expect(readdirSync(join(out, name!)).sort()).toEqual(["config.json", "metrics.jsonl", "model.safetensors"]);
      const model = await loadModel(join(out, name!, "model.safetensors"));
      expect(model.inputShape).toEqual([28, 28]);

      expect(await gradsmith(["summary", join(out, name!)])).toMatchObject({ code: 0, stderr: "" });
      expect(await gradsmith(shortRun(out))).toMatchObject({ code: 0, stderr: "" });
      expect(readdirSync(out)).toHaveLength(2);
    },
  );

  test.skipIf(process.platform === "win32")("a second Ctrl-C ends the process at once, with 130", async () => {
    const onStart = (child: ChildProcessLike): void => {
      child.stdout?.on("data", (text: string) => {
        if (text.includes("Total params")) child.kill("SIGINT");
      });
      child.stderr?.on("data", () => child.kill("SIGINT"));
    };
    const words = ["run", "fashion-mnist", "--epochs", "50", "--data", images, "--tier", "wasm", "--out", fresh()];
    expect((await gradsmith(words, { onStart })).code).toBe(130);
  });
});

type ChildProcessLike = Parameters<NonNullable<NonNullable<Parameters<typeof gradsmith>[1]>["onStart"]>>[0];
