import { execFileSync } from "node:child_process";
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { GradsmithError } from "../core/errors.ts";
import { appendLine, readFileBytes, writableFolder, writeFileBytes } from "./files.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gradsmith-io-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("what is written is read back, in folders that did not exist, leaving no temporary file", async () => {
  const path = join(folder, "new", "run", "weights.bin");
  await writeFileBytes(path, Uint8Array.of(1, 2, 3));
  await writeFileBytes(path, Uint8Array.of(4, 5));
  expect([...(await readFileBytes(path))]).toEqual([4, 5]);
  expect(await readdir(join(folder, "new", "run"))).toEqual(["weights.bin"]);
});

test("parts that come one by one make one file, or none where one of them fails", async () => {
  const path = join(folder, "parts", "weights.bin");
  async function* parts(fails: boolean): AsyncGenerator<Uint8Array> {
    yield Uint8Array.of(1, 2, 3);
    if (fails) throw new GradsmithError("data", "parts", "there is no more.");
    yield Uint8Array.of(4);
  }
  await writeFileBytes(path, parts(false));
  await expect(writeFileBytes(path, parts(true))).rejects.toThrow("[parts] there is no more.");
  expect([...(await readFileBytes(path))]).toEqual([1, 2, 3, 4]);
  expect(await readdir(join(folder, "parts"))).toEqual(["weights.bin"]);
});

test("a missing file is named", async () => {
  const path = join(folder, "absent");
  await expect(readFileBytes(path)).rejects.toThrow(`[${path}] can't be read: it does not exist. Check the path.`);
});

test("a folder is not a file", async () => {
  await expect(readFileBytes(folder)).rejects.toThrow(`[${folder}] can't be read: it is a folder. Give the path of a file.`);
  await expect(writeFileBytes(folder, "x")).rejects.toThrow(`[${folder}] can't be written: it is a folder. Give the path of a file.`);
  expect((await readdir(join(folder, ".."))).filter((name) => name.endsWith(".part"))).toEqual([]);
});

test("a file in the way of a folder is said so", async () => {
  const file = join(folder, "plain");
  await writeFile(file, "x");
  const inside = join(file, "deeper", "x.bin");
  await expect(writeFileBytes(inside, "x")).rejects.toThrow(
    `[${inside}] can't be written: a file is where a folder of the path should be. Choose another place.`,
  );
  await expect(writableFolder(file)).rejects.toThrow(
    `[${file}] can't be written to: a file is where a folder of the path should be. Choose another place.`,
  );
});

test("lines are appended to a file that is made on the way", async () => {
  const path = join(folder, "metrics.jsonl");
  await appendLine(path, '{"epoch":1}');
  await appendLine(path, '{"epoch":2}');
  expect(await readFile(path, "utf8")).toBe('{"epoch":1}\n{"epoch":2}\n');
});

test("a writable folder is made and left empty", async () => {
  const path = join(folder, "fresh");
  expect(await writableFolder(path)).toBe(path);
  expect(await readdir(path)).toEqual([]);
});

test.skipIf(process.platform !== "linux")("a place that can't be written to is said so (Linux's /proc)", async () => {
  await expect(writableFolder("/proc/gradsmith")).rejects.toThrow(
    "[/proc/gradsmith] can't be written to: it does not exist. Check the path.",
  );
});

const noPosix = process.platform === "win32";

test.skipIf(noPosix)("a file that is written again keeps its mode, as POSIX's open does", async () => {
  const path = join(folder, "secret.bin");
  await writeFile(path, "x");
  await chmod(path, 0o600);
  await writeFileBytes(path, Uint8Array.of(1, 2));
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  await chmod(path, 0o640);
  await writeFileBytes(path, Uint8Array.of(3));
  expect((await stat(path)).mode & 0o777).toBe(0o640);
});

test.skipIf(noPosix)("links are followed, as POSIX's open does, also where nothing is there yet", async () => {
  const place = join(folder, "links");
  await mkdir(join(place, "elsewhere"), { recursive: true });
  await symlink("elsewhere/model.bin", join(place, "second"));
  await symlink("second", join(place, "first"));
  for (const byte of [1, 2]) {
    await writeFileBytes(join(place, "first"), Uint8Array.of(byte));
    expect([...(await readFile(join(place, "elsewhere", "model.bin")))]).toEqual([byte]);
  }
  expect((await lstat(join(place, "first"))).isSymbolicLink()).toBe(true);
  expect(await readdir(join(place, "elsewhere"))).toEqual(["model.bin"]);
  await symlink("round", join(place, "round"));
  await expect(writeFileBytes(join(place, "round"), "x")).rejects.toThrow("its links lead in a circle");
});

test.skipIf(noPosix)("devices are written to, and stay what they are", async () => {
  await writeFileBytes("/dev/null", Uint8Array.of(1, 2, 3));
  expect((await lstat("/dev/null")).isCharacterDevice()).toBe(true);
});

test.skipIf(noPosix)("pipes and devices, which need not end, are not read", async () => {
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  for (const path of [pipe, "/dev/zero"])
    await expect(readFileBytes(path)).rejects.toThrow(`[${path}] can't be read: it is a pipe or a device. Give the path of a file.`);
});

test("what saves of killed processes left behind is removed by the next one, and nothing else", async () => {
  const place = join(folder, "swept");
  await mkdir(place);
  const dead = execFileSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }).trim();
  const hour = new Date(Date.now() - 3_600_000);
  const name = (pid: string | number) => `model.safetensors.${pid}-0123456789ab.part`;
  const left = [name(dead), name(process.pid), "other.part", "model.safetensors"];
  for (const each of left) {
    await writeFile(join(place, each), "x");
    await utimes(join(place, each), hour, hour);
  }
  // Just now, on another machine perhaps.
  await writeFile(join(place, name(dead).replace("0", "1")), "x");
  await writeFileBytes(join(place, "last.safetensors"), "x");
  expect((await readdir(place)).sort()).toEqual([...left.slice(1), name(dead).replace("0", "1"), "last.safetensors"].sort());
});
