import "./backends/node.ts";
import { bringDisk } from "./core/disk.ts";
import { bringImageFiles } from "./data/image-set.ts";

// What Node has and pages have not, brought by importing this: the build of the package for Node begins with it (scripts/build.mjs). Nothing that a page
// loads mentions a module of Node's.
bringDisk(() => import("./io/files.ts"));
bringImageFiles(() => import("./data/files-images.ts"));
