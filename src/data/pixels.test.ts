import { describe, expect, it } from "vitest";
import "../runtime/install.ts";
import { tensor } from "../tensor/create.ts";
import { fromPixels, toPixels } from "./pixels.ts";

const pixels = { data: Uint8ClampedArray.of(255, 0, 0, 255, 0, 255, 0, 128, 0, 0, 255, 0, 10, 20, 30, 255), width: 2, height: 2 };

describe("fromPixels", () => {
  it("takes what looks like ImageData, with colours, opacity, or grey as Pillow's convert('L') gives it", async () => {
    const image = await fromPixels(pixels);
    expect([image.dtype, image.shape]).toEqual(["u8", [2, 2, 3]]);
    expect([...(await image.read())]).toEqual([255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 20, 30]);
    expect([...(await (await fromPixels(pixels, { channels: 4 })).read())]).toEqual([...pixels.data]);
    expect([...(await (await fromPixels(pixels, { channels: 1 })).read())]).toEqual([76, 150, 29, 18]);
  });

  it("refuses what has no pixels, and options that don't exist", async () => {
    for (const nothing of [{}, null, undefined, 3]) await expect(fromPixels(nothing as never)).rejects.toMatchObject({ code: "data" });
    await expect(fromPixels({ ...pixels, width: 3 })).rejects.toThrow("16 bytes are not 3 x 2 pixels of four");
    await expect(fromPixels({ naturalWidth: 0, naturalHeight: 0 })).rejects.toThrow("not loaded yet");
    await expect(fromPixels(pixels, { channels: 2 as never })).rejects.toMatchObject({ code: "option" });
    await expect(fromPixels(pixels, { channel: 1 } as never)).rejects.toThrow(/channel.*channels/);
  });
});

describe("toPixels", () => {
  it("takes bytes, and floats from 0 to 1; what lies outside is cut off", async () => {
    const { data, width, height } = await toPixels(tensor([[0, 0.5, 1, 2, -1]]));
    expect([width, height]).toEqual([5, 1]);
    expect([...data]).toEqual([0, 128, 255, 255, 0].flatMap((grey) => [grey, grey, grey, 255]));
    expect([...(await toPixels(await fromPixels(pixels, { channels: 4 }))).data]).toEqual([...pixels.data]);
    expect([...(await toPixels(tensor([[[300, -5, 7]]], { dtype: "i32" }))).data]).toEqual([255, 0, 7, 255]);
    expect([...(await toPixels(tensor([[true, false]]))).data.subarray(0, 5)]).toEqual([255, 255, 255, 255, 0]);
  });

  it("refuses what is not a picture", async () => {
    await expect(toPixels(tensor([1, 2]))).rejects.toMatchObject({ code: "shape" });
    await expect(toPixels(tensor([[[1, 2]]]))).rejects.toThrow("1, 3 or 4 channels");
  });
});
