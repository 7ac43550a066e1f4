// A process that waits for a compiler in one way or another. When its standard input ends, it does what it was told.
import { join } from "node:path";
import { CodeCache } from "../../src/backends/cpu/cache.ts";
import { build } from "../../src/backends/cpu/native-build.ts";
import { searchToolchain } from "../../src/backends/cpu/toolchain.ts";

const [what, folder] = process.argv.slice(2) as [keyof typeof ways, string];
const path = join(folder, "cc");
const features = { lanes: 4, registers: 16, multipliesPairs: false };
const toolchain = { command: [path], version: "gcc 9.9", features, flags: [], identity: "" } as const;
const cache = CodeCache.open({ GRADSMITH_CACHE: join(folder, "cache") });
/** More than a pipe holds. */
const text = "x".repeat(2 ** 20);
const begin = () => build({ text }, { name: "fit", toolchain, cache });
const print = (error: Error): void => console.log(error.message);
const whenInputEnds = (action: () => void): void => void process.stdin.resume().on("end", action);

const ways = {
  "leaves a build": () => {
    const builds = [begin(), begin()];
    whenInputEnds(() => builds.forEach(({ abandon }) => abandon()));
  },
  "leaves a search": () => whenInputEnds(searchToolchain({ ...process.env, CC: path, GRADSMITH_COMPILER_SECONDS: "1000" }).abandon),
  "exits amid a build": () => {
    begin();
    whenInputEnds(() => process.exit());
  },
  "waits for a build": () => void begin().ready.catch(print),
  "waits for a build, blocking": () => void begin().finish(),
  "waits for a build that another one left": () => {
    const [first, second] = [begin(), begin()];
    first.abandon();
    first.abandon();
    second.ready.catch(print);
  },
  "waits for a build that everybody had left": () => {
    begin().abandon();
    whenInputEnds(() => void begin().ready.catch(print));
  },
};
ways[what]();
