import type { MultiplyBlock } from "../../ir/kernel.ts";
import { blockSize, evenRows } from "../../ir/kernel.ts";
import type { ExpressionPrinter } from "./expression.ts";
import { multiplyPairs, pairOperands, storePairs } from "./pairs.ts";
import type { Prelude } from "./prelude.ts";
import { block } from "./prelude.ts";
import { levels, within } from "./text.ts";

/** Rows and columns of one tile register; a block is up to two by two of them. */
const tileSize = 16;

/** In which shape a kernel's tile registers are. */
export const tilesInUse = "const Tiles *tiles = 0";

/**
 * A block with the machine's tile registers: 0 to 3 are the sums, 4 and 5 hold rows of the left operand, 6 and 7 columns of the right one. Where
 * it has none, or Linux refuses them, with vector registers.
 */
export function printMultiply(multiply: MultiplyBlock, print: ExpressionPrinter, target: string): string[] {
  const { rows, columns, depth, left, right, sums } = multiply;
  const { prelude } = print;
  const shape = shapeOf(prelude, rows, columns, depth);
  const address = (x: typeof left, moves: readonly number[]): string =>
    [within(print.address(x.buffer, x.index), levels.add), ...moves.flatMap((by, i) => (by === 0 ? [] : [`turn${i} * ${by}`]))].join(" + ");
  const places = [
    address(
      left,
      sums.map((sum) => sum.left),
    ),
    String(left.stride),
    address(
      right,
      sums.map((sum) => sum.right),
    ),
    String(right.stride),
  ];
  let body = [`${multiplyFunction(prelude, rows, columns)}(${target}, ${places.join(", ")}, ${depth});`];
  for (const [i, { count }] of [...sums.entries()].reverse())
    body = [`for (long turn${i} = 0; turn${i} < ${count}; turn${i}++) {`, ...body.map((line) => `  ${line}`), "}"];
  return [
    `tiles = ${beginFunction(prelude, rows, columns)}(${target}, tiles, &${shape});`,
    ...body,
    `${storeFunction(prelude, rows, columns)}(${target});`,
  ];
}

/** Clean registers cost nothing when threads are switched. */
export const releaseTiles = (prelude: Prelude): string =>
  `${prelude.use("release_tiles", (name) => block(`void ${name}(void)`, ...onTiles('__asm__ volatile("tilerelease");')))}()`;

/** A shape of the eight registers: bytes in a row of each, and rows. */
function shapeOf(prelude: Prelude, rows: number, columns: number, depth: number): string {
  prelude.declare("Tiles", support);
  const parts = (size: number): [number, number] => [Math.min(size, tileSize), Math.max(0, size - tileSize)];
  const [[top, bottom], [first, second]] = [parts(rows), parts(columns)];
  // A register without rows has no columns either.
  const registers = [
    [top, first],
    [top, second],
    [bottom, first],
    [bottom, second],
    [top, depth],
    [bottom, depth],
    [depth, first],
    [depth, second],
  ].map(([height, width]) => (height === 0 || width === 0 ? [0, 0] : [height!, width! * 4]));
  const name = `tiles_${rows}x${columns}x${depth}`;
  const bytes = registers.map(([, width]) => width).join(", ");
  const heights = registers.map(([height]) => height).join(", ");
  return prelude.declare(name, `static const Tiles ${name} = {1, {0}, {${bytes}}, {${heights}}};`);
}

/**
 * Linux saves tile registers only for processes that ask (arch_prctl, 158; ARCH_REQ_XCOMP_PERM, 0x1023; the registers, 18), and may refuse.
 */
const support = `typedef struct {
  unsigned char palette, none[15];
  unsigned short bytes[16];
  unsigned char rows[16];
} Tiles;
#if defined(__AMX_BF16__) && defined(__linux__)
extern long syscall(long, ...);
static int tiles_allowed;
__attribute__((constructor)) static void ask_for_tiles(void) {
  tiles_allowed = syscall(158, 0x1023, 18) == 0;
}
#endif`;

/** What is done where there are tile registers that may be used. */
const onTiles = (...lines: readonly string[]): string[] => [
  "#if defined(__AMX_BF16__) && defined(__linux__)",
  "if (tiles_allowed) {",
  ...lines.map((line) => `  ${line}`),
  "}",
  "#endif",
];

const tilesOf = (size: number): number => Math.ceil(size / tileSize);

const eachTile = (rows: number, columns: number, spell: (register: number, i: number, j: number) => string): string[] =>
  Array.from({ length: tilesOf(rows) }, (_, i) => Array.from({ length: tilesOf(columns) }, (__, j) => spell(2 * i + j, i, j))).flat();

function beginFunction(prelude: Prelude, rows: number, columns: number): string {
  return prelude.use(`begin_block_${rows}x${columns}`, (name) =>
    block(
      `const Tiles *${name}(float *sums, const Tiles *tiles, const Tiles *wanted)`,
      ...onTiles(
        // 70 ns, a twentieth of a block.
        'if (tiles != wanted) __asm__ volatile("ldtilecfg %0" : : "m"(*wanted));',
        ...eachTile(rows, columns, (register) => `__asm__ volatile("tilezero %%tmm${register}" : :);`),
        "return wanted;",
      ),
      `for (int i = 0; i < ${evenRows(rows) * blockSize}; i++) sums[i] = 0;`,
      "return wanted;",
    ),
  );
}

function multiplyFunction(prelude: Prelude, rows: number, columns: number): string {
  const load = (register: number, operand: "left" | "right", from: string): string =>
    `__asm__ volatile("tileloadd (%0,%1,1), %%tmm${register}" : : "r"(${from}), "r"(${operand}_stride * 4) : "memory");`;
  return prelude.use(`multiply_block_${rows}x${columns}`, (name, p) =>
    block(
      `void ${name}(float *sums, ${pairOperands}, int depth)`,
      ...onTiles(
        ...Array.from({ length: tilesOf(rows) }, (_, i) => load(4 + i, "left", i === 0 ? "left" : `left + ${i * tileSize} * left_stride`)),
        ...Array.from({ length: tilesOf(columns) }, (_, j) => load(6 + j, "right", j === 0 ? "right" : `right + ${j * tileSize}`)),
        ...eachTile(rows, columns, (register, i, j) => `__asm__ volatile("tdpbf16ps %%tmm${6 + j}, %%tmm${4 + i}, %%tmm${register}" : :);`),
        "return;",
      ),
      ...multiplyPairs(p, rows, columns),
    ),
  );
}

function storeFunction(prelude: Prelude, rows: number, columns: number): string {
  const store = (register: number, i: number, j: number): string => {
    const place = `sums + ${(i * blockSize + j) * tileSize}`;
    return `__asm__ volatile("tilestored %%tmm${register}, (%0,%1,1)" : : "r"(${place}), "r"(${blockSize * 4}l) : "memory");`;
  };
  return prelude.use(`store_block_${rows}x${columns}`, (name, p) =>
    block(`void ${name}(float *sums)`, ...onTiles(...eachTile(rows, columns, store), "return;"), ...storePairs(p, rows)),
  );
}
