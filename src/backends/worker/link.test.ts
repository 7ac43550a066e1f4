import { expect, it } from "vitest";
import { Link } from "./link.ts";

it("does in order what it is asked", async () => {
  const link = new Link();
  link.post({ kind: "fill", memory: 1, bytes: Uint8Array.of(1, 2, 3) });
  const first = link.read(1);
  link.post({ kind: "fill", memory: 1, bytes: Uint8Array.of(4, 5, 6) });
  link.post({ kind: "allocate", memory: 2, byteLength: 3 });
  link.post({ kind: "copy", from: 1, to: 2 });
  expect([[...(await first)], [...(await link.read(2))]]).toEqual([
    [1, 2, 3],
    [4, 5, 6],
  ]);
});

it("tells whoever reads why there is nothing", async () => {
  const link = new Link();
  link.post({ kind: "allocate", memory: 1, byteLength: 4 });
  link.post({ kind: "lose", memories: [1], fault: { code: "device", where: "there", message: "[there] nothing came." } });
  await expect(link.read(1)).rejects.toMatchObject({ code: "device", where: "there", message: "[there] nothing came." });
});

it("says to all who read, and will, that the worker has ended", async () => {
  const link = new Link();
  link.post({ kind: "run", program: 99, memories: [], times: 1 });
  const ended = /the worker that computes could not be started, or has ended/;
  await expect(link.read(7)).rejects.toThrow(ended);
  await expect(link.read(7)).rejects.toThrow(ended);
});
