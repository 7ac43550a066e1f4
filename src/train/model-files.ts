// All that reads and writes models, in one piece: pages load it when it's first used, since it knows every layer. In several pieces each would take
// what they share with the rest out of what a page loads at once, which compresses worse.
export { readCheckpoint } from "./read-checkpoint.ts";
export { checkTensors, readTensors } from "./read-model-file.ts";
export { saveCheckpoint } from "./save-checkpoint.ts";
export { modelFile, weightsFile, wholeFile, writeParts } from "./save-model.ts";
