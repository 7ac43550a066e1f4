/** The reference device, for pages, which don't have it by themselves: import this once, then `setDevice({ device: "reference" })`. */
import "../../backends/reference/install.ts";
