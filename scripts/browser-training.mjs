// What a page and Node do alike for scripts/browser.mjs: train a small and a large model, and say to the last bit what came of it.

/** The small one has no kernel worth a second thread, all of the large one's heavy kernels have. */
const models = {
  small: { samples: 256, batchSize: 32, epochs: 3, shape: [8], layers: ({ dense }) => [dense(16, { activation: "relu" }), dense(4)] },
  large: {
    samples: 256,
    batchSize: 64,
    epochs: 2,
    shape: [28, 28, 1],
    layers({ conv2d, dense, flatten, maxPooling2d }) {
      const relu = { activation: "relu" };
      return [conv2d(16, 3, relu), maxPooling2d(), conv2d(32, 3, relu), flatten(), dense(256, relu), dense(4)];
    },
  },
};

/** By model: the loss after training, a hash of all weights' bits, and how long `fit` took when everything was compiled. */
export async function train(gradsmith, device) {
  gradsmith.setDevice({ tier: "wasm", ...device });
  const results = {};
  for (const [name, { samples, shape, layers, ...options }] of Object.entries(models)) {
    const count = shape.reduce((product, size) => product * size, samples);
    const x = gradsmith.tensor(
      Float32Array.from({ length: count }, (_, i) => ((i * 7919) % 1009) / 1009 - 0.5),
      { shape: [samples, ...shape] },
    );
    const y = gradsmith.tensor(
      Int32Array.from({ length: samples }, (_, i) => i % 4),
      { dtype: "i32" },
    );
    const model = gradsmith.sequential(layers(gradsmith), { inputShape: shape });
    model.compile({ loss: "sparseCategoricalCrossentropy", optimizer: "adam" });
    const again = () => model.fit(x, y, { ...options, seed: 1, verbose: 0 });
    await again();
    const start = performance.now();
    const { metrics } = await again();
    const ms = performance.now() - start;
    results[name] = { loss: metrics.loss.at(-1), weights: await hashOf(Object.values(model.weights)), ms };
  }
  return results;
}

/** FNV-1a: equal for equal bits. */
async function hashOf(tensors) {
  let hash = 0x811c9dc5;
  for (const tensor of tensors) {
    const { buffer, byteOffset, byteLength } = await tensor.read();
    for (const byte of new Uint8Array(buffer, byteOffset, byteLength)) hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}
