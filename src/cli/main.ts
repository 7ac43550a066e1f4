#!/usr/bin/env node
// Words and syntax that old versions of Node understand too: this file tells them what is wrong.
const major = Number(process.versions.node.split(".")[0]);
if (major < 20) {
  console.error(
    "[gradsmith] needs Node 20 or later, and this is Node " + process.versions.node + ". Install a current one from https://nodejs.org.",
  );
  process.exitCode = 2;
} else {
  import("./command-line.ts").then((loaded) => loaded.commandLine(process.argv.slice(2)));
}

export {};
