import type { MultiplyBlock } from "../../ir/kernel.ts";
import { blockSize } from "../../ir/kernel.ts";
import type { ExpressionPrinter } from "./expression.ts";
import type { Prelude } from "./prelude.ts";
import { block } from "./prelude.ts";
import { levels, within } from "./text.ts";

/** Rows and columns of one tile register; a block is up to two by two of them. */
const tileSize = 16;

/** In which shape a kernel's tile registers are. */
export const tilesInUse = "const Tiles *tiles = 0";

/** A block with the machine's tile registers: 0 to 3 are the sums, 4 and 5 hold rows of the left operand, 6 and 7 columns of the right one. */
export function printMultiply(
  { rows, columns, depth, left, right, sums }: MultiplyBlock,
  print: ExpressionPrinter,
  target: string,
): string[] {
  const { prelude } = print;
  const shape = shapeOf(prelude, rows, columns, depth);
  const [down, across] = [Math.ceil(rows / tileSize), Math.ceil(columns / tileSize)];
  const address = (x: typeof left, moves: readonly number[]): string =>
    [within(print.address(x.buffer, x.index), levels.add), ...moves.flatMap((by, i) => (by === 0 ? [] : [`turn${i} * ${by}`]))].join(" + ");
  const places = [
    address(
      left,
      sums.map((sum) => sum.left),
    ),
    String(left.stride * 4),
    address(
      right,
      sums.map((sum) => sum.right),
    ),
    String(right.stride * 4),
  ];
  const multiply = `${multiplyFunction(prelude, down, across)}(${target}, ${places.join(", ")}, &${shape});`;
  let body = [multiply];
  for (const [i, { count }] of [...sums.entries()].reverse())
    body = [`for (long turn${i} = 0; turn${i} < ${count}; turn${i}++) {`, ...body.map((line) => `  ${line}`), "}"];
  return [
    `tiles = ${beginFunction(prelude, down, across)}(${target}, tiles, &${shape});`,
    ...body,
    `${storeFunction(prelude, down, across)}(${target});`,
  ];
}

/** Clean registers cost nothing when threads are switched. */
export const releaseTiles = (prelude: Prelude): string =>
  `${prelude.use("release_tiles", (name) => block(`void ${name}(void)`, 'if (tiles_allowed) __asm__ volatile("tilerelease");'))}()`;

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
  return prelude.declare(name, `static const Tiles ${name} = {1, {0}, {${bytes}}, {${heights}}, ${rows}, ${columns}, ${depth}};`);
}

/**
 * Linux saves tile registers only for processes that ask (arch_prctl, 158; ARCH_REQ_XCOMP_PERM, 0x1023; the registers, 18). Where it refuses, the
 * same sums are made one by one.
 */
const support = `typedef struct {
  unsigned char palette, none[15];
  unsigned short bytes[16];
  unsigned char rows[16];
  int block_rows, block_columns, block_depth;
} Tiles;
extern long syscall(long, ...);
static int tiles_allowed;
__attribute__((constructor)) static void ask_for_tiles(void) {
  tiles_allowed = syscall(158, 0x1023, 18) == 0;
}`;

const eachTile = (down: number, across: number, spell: (register: number, i: number, j: number) => string): string[] =>
  Array.from({ length: down }, (_, i) => Array.from({ length: across }, (__, j) => spell(2 * i + j, i, j))).flat();

function beginFunction(prelude: Prelude, down: number, across: number): string {
  return prelude.use(`begin_tiles_${down}x${across}`, (name) =>
    block(
      `const Tiles *${name}(float *sums, const Tiles *tiles, const Tiles *wanted)`,
      "if (!tiles_allowed) {",
      `  for (int i = 0; i < wanted->block_rows * ${blockSize}; i++) sums[i] = 0;`,
      "  return wanted;",
      "}",
      // 70 ns, a twentieth of a block.
      'if (tiles != wanted) __asm__ volatile("ldtilecfg %0" : : "m"(*wanted));',
      ...eachTile(down, across, (register) => `__asm__ volatile("tilezero %%tmm${register}" : :);`),
      "return wanted;",
    ),
  );
}

function multiplyFunction(prelude: Prelude, down: number, across: number): string {
  const load = (register: number, base: string, stride: string): string =>
    `__asm__ volatile("tileloadd (%0,%1,1), %%tmm${register}" : : "r"(${base}), "r"(${stride}) : "memory");`;
  return prelude.use(`multiply_tiles_${down}x${across}`, (name, p) =>
    block(
      `void ${name}(float *sums, const unsigned *left, long left_bytes, const unsigned *right, long right_bytes, const Tiles *tiles)`,
      "if (!tiles_allowed) {",
      `  ${plainFunction(p)}(sums, left, left_bytes / 4, right, right_bytes / 4, tiles);`,
      "  return;",
      "}",
      ...Array.from({ length: down }, (_, i) =>
        load(4 + i, i === 0 ? "left" : `(const char *)left + ${i * tileSize} * left_bytes`, "left_bytes"),
      ),
      ...Array.from({ length: across }, (_, j) => load(6 + j, j === 0 ? "right" : `right + ${j * tileSize}`, "right_bytes")),
      ...eachTile(down, across, (register, i, j) => `__asm__ volatile("tdpbf16ps %%tmm${6 + j}, %%tmm${4 + i}, %%tmm${register}" : :);`),
    ),
  );
}

function storeFunction(prelude: Prelude, down: number, across: number): string {
  return prelude.use(`store_tiles_${down}x${across}`, (name) =>
    block(
      `void ${name}(float *sums)`,
      "if (!tiles_allowed) return;",
      ...eachTile(
        down,
        across,
        (register, i, j) =>
          `__asm__ volatile("tilestored %%tmm${register}, (%0,%1,1)" : : "r"(sums + ${(i * blockSize + j) * tileSize}), "r"(${blockSize * 4}l) : "memory");`,
      ),
    ),
  );
}

function plainFunction(prelude: Prelude): string {
  return prelude.use("multiply_pairs", (name) =>
    block(
      `void ${name}(float *sums, const unsigned *left, long left_stride, const unsigned *right, long right_stride, const Tiles *tiles)`,
      "for (int i = 0; i < tiles->block_rows; i++)",
      "  for (int p = 0; p < tiles->block_depth; p++)",
      "    for (int j = 0; j < tiles->block_columns; j++) {",
      "      union { unsigned bits[4]; float halves[4]; } x;",
      "      const unsigned a = left[i * left_stride + p], b = right[p * right_stride + j];",
      "      x.bits[0] = a << 16, x.bits[1] = b << 16, x.bits[2] = a & 0xffff0000, x.bits[3] = b & 0xffff0000;",
      `      sums[i * ${blockSize} + j] += x.halves[0] * x.halves[1] + x.halves[2] * x.halves[3];`,
      "    }",
    ),
  );
}
