import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CodeCache, keyOf, prune, sweepTemporary } from "./cache.ts";

let root = "";
const { TMPDIR: usual } = process.env;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "gradsmith-test-"));
  process.env.TMPDIR = root;
});
afterEach(() => {
  if (usual === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = usual;
  rmSync(root, { recursive: true, force: true });
});

function publish(cache: CodeCache, key: string, text = "code"): string {
  const draft = cache.draft(key);
  writeFileSync(draft, text, { mode: 0o666 });
  return cache.publish(draft, key);
}

describe.skipIf(process.platform === "win32")("code cache", () => {
  it("keeps objects in a directory of mode 0700 that the environment names", () => {
    const cache = CodeCache.open({ GRADSMITH_CACHE: join(root, "own") });
    expect(cache.directory).toBe(join(root, "own", "native"));
    expect(cache.problem).toBeUndefined();
    expect(statSync(cache.directory).mode & 0o777).toBe(0o700);
    expect(cache.find("a")).toBeUndefined();
    const path = publish(cache, "a");
    expect(cache.find("a")).toBe(path);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(readdirSync(cache.directory).map((name) => extname(name))).toEqual([".node", ".seal"]);
    expect(CodeCache.open({ XDG_CACHE_HOME: root }).directory).toContain(root);
  });

  it("refuses a directory that others can write to, a link and a file, and goes elsewhere", () => {
    mkdirSync(join(root, "open", "native"), { recursive: true });
    chmodSync(join(root, "open", "native"), 0o777);
    mkdirSync(join(root, "target"), { mode: 0o700 });
    mkdirSync(join(root, "link"));
    symlinkSync(join(root, "target"), join(root, "link", "native"));
    writeFileSync(join(root, "file"), "");
    const problems = ["open", "link", "file"].map((name) => {
      const cache = CodeCache.open({ GRADSMITH_CACHE: join(root, name) });
      expect(cache.directory.startsWith(join(root, name))).toBe(false);
      expect(cache.find("a")).toBeUndefined();
      publish(cache, "a");
      expect(cache.find("a")).toBeDefined();
      return cache.problem?.replace(root, "");
    });
    expect(problems).toEqual([
      "/open/native can be written by others",
      "/link/native is not a directory",
      "/file/native can't be used (ENOTDIR)",
    ]);
  });

  it("refuses a directory that others could replace, by POSIX's rule for who may rename in a folder", () => {
    const parent = join(root, "shared");
    const problem = (): string | undefined => CodeCache.open({ GRADSMITH_CACHE: join(parent, "mine") }).problem?.replaceAll(root, "");
    mkdirSync(parent);
    expect(problem()).toBeUndefined();
    const refused = "/shared/mine/native can be replaced by others, who can write to /shared";
    chmodSync(parent, 0o777);
    expect(problem()).toBe(refused);
    // As /tmp: everybody may add, and only owners may rename.
    chmodSync(parent, 0o1777);
    expect(problem()).toBeUndefined();
    if (process.getuid?.() !== 0) return;
    chmodSync(parent, 0o755);
    chownSync(parent, 12_345, 12_345);
    expect(problem()).toBe(refused);
  });

  it("does not load what others could have changed, nor through a link", () => {
    const cache = CodeCache.open({ GRADSMITH_CACHE: root });
    const path = publish(cache, "a");
    chmodSync(path, 0o722);
    expect(cache.find("a")).toBeUndefined();
    const other = publish(cache, "b", "other code");
    expect(cache.find("b")).toBe(other);
    renameSync(other, `${other}.elsewhere`);
    symlinkSync(`${other}.elsewhere`, other);
    expect(cache.find("b")).toBeUndefined();
  });

  it("finds an object only as it was published: not cut short, not made longer, not with a bit changed, not another one", () => {
    const cache = CodeCache.open({ GRADSMITH_CACHE: root });
    const path = publish(cache, "a", "code");
    for (const text of ["", "cod", "codes", "core", "another"]) {
      writeFileSync(path, text);
      expect(cache.find("a")).toBeUndefined();
    }
    expect(publish(cache, "a", "code")).toBe(path);
    expect(cache.find("a")).toBe(path);
    expect(publish(cache, "b", "code")).toBe(path);
    expect(publish(cache, "a", "newer code")).not.toBe(path);
    expect(readFileSync(cache.find("a")!, "utf8")).toBe("newer code");
    expect(readFileSync(cache.find("b")!, "utf8")).toBe("code");
  });

  it("gives plans back as they were written, and none with a bit changed, cut short, made longer, or writable by others", () => {
    const cache = CodeCache.open({ GRADSMITH_CACHE: root });
    const plan = Uint8Array.from({ length: 50 }, (_, i) => i * 5);
    expect(cache.read("a")).toBeUndefined();
    cache.write("a", plan);
    expect(readdirSync(cache.directory)).toEqual(["a.plan"]);
    const path = join(cache.directory, "a.plan");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(Uint8Array.from(cache.read("a")!)).toEqual(plan);
    const whole = readFileSync(path);
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const changed = Buffer.from(whole);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      writeFileSync(path, changed);
      expect(cache.read("a")).toBeUndefined();
    }
    for (const other of [Buffer.of(), whole.subarray(0, 31), whole.subarray(0, -1), Buffer.concat([whole, Buffer.of(0)])]) {
      writeFileSync(path, other);
      expect(cache.read("a")).toBeUndefined();
    }
    cache.write("a", plan);
    expect(cache.read("a")).toBeDefined();
    chmodSync(path, 0o620);
    expect(cache.read("a")).toBeUndefined();
  });

  it("does without a plan that can't be written", () => {
    const cache = CodeCache.open({ GRADSMITH_CACHE: root });
    rmSync(cache.directory, { recursive: true });
    cache.write("a", Uint8Array.of(1));
    expect(cache.read("a")).toBeUndefined();
  });

  it("drops what was unused for longest, but never the newcomer", () => {
    for (const [k, name] of ["old", "older", "new"].entries()) {
      writeFileSync(join(root, name), "x".repeat(10));
      utimesSync(join(root, name), 1000 - (k === 1 ? 1 : -k), 1000 - (k === 1 ? 1 : -k));
    }
    prune(root, join(root, "older"), { bytes: 25, files: 10 });
    expect(readdirSync(root).sort()).toEqual(["new", "older"]);
    prune(root, join(root, "new"), { bytes: 1000, files: 1 });
    expect(existsSync(join(root, "new"))).toBe(true);
    expect(readdirSync(root)).toHaveLength(1);
  });

  it("removes temporary directories that killed processes have left, and no others", () => {
    const dead = spawnSync(process.execPath, ["--version"]).pid;
    const old = Date.now() / 1000 - 8 * 24 * 3600;
    for (const name of [`gradsmith-${dead}-abcdef`, `gradsmith-${process.pid}-abcdef`, "gradsmith-notes", `gradsmith-${dead}-young1`]) {
      mkdirSync(join(root, name));
      if (!name.endsWith("young1")) utimesSync(join(root, name), old, old);
    }
    sweepTemporary(root);
    expect(readdirSync(root).sort()).toEqual([`gradsmith-${dead}-young1`, `gradsmith-${process.pid}-abcdef`, "gradsmith-notes"].sort());
  });

  it("keys differ where the parts differ, even if their texts run together the same way", () => {
    expect(keyOf("ab", "c")).not.toBe(keyOf("a", "bc"));
    expect(keyOf("ab", "c")).toBe(keyOf("ab", "c"));
  });
});
