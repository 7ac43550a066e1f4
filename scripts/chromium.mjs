// A headless browser, Chromium or Firefox, that opens a page of a server of its own, and what the page says.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { basename, delimiter, join } from "node:path";
import { build } from "esbuild";

/** GRADSMITH_BROWSER (a Chromium, a Chrome, a Firefox), or a Chromium or Chrome by its usual names; undefined where there is none. */
export function findBrowser() {
  const given = process.env.GRADSMITH_BROWSER;
  if (given !== undefined && given !== "") return given;
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"];
  const onPath = (process.env.PATH ?? "").split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
  const usual = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  ];
  return [...onPath, ...usual].find((path) => existsSync(path));
}

/** A page's program, which imports from the project's folder, and its chunks, as a bundler makes them: by path, the program at "/main.js". */
export async function bundled(program) {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: process.cwd(), sourcefile: "main.js" },
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    platform: "browser",
    outdir: "/",
    write: false,
    tsconfigRaw: "{}",
  });
  return new Map(outputFiles.map(({ path, contents }) => [path.endsWith("stdin.js") ? "/main.js" : path, contents]));
}

/** What a skipped check says. */
export const noBrowser = "no Chromium or Chrome on this machine. Name one with GRADSMITH_BROWSER=/path/to/it.";

/**
 * Opens the page at `path` and gives the JSON that it posts to `/answer`, or `{ error }`. `respond(path, body, search)` gives what is there for a request with this
 * body, or a promise of it: `{ type, body, headers }`, or undefined.
 */
export async function visit(path, respond, { browser = findBrowser(), mostMs = 120_000 } = {}) {
  let said;
  const answer = new Promise((resolve) => {
    said = resolve;
  });
  const server = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts);
    if (request.url === "/answer") {
      response.end();
      said(JSON.parse(body.toString()));
      return;
    }
    const { pathname, search } = new URL(request.url, "http://localhost");
    const found = await respond(pathname, body, search);
    if (found === undefined) response.writeHead(404).end();
    else response.writeHead(200, { "Content-Type": found.type, ...found.headers }).end(found.body);
  });
  await new Promise((resolve) => server.listen(0, "localhost", resolve));
  const profile = mkdtempSync(join(tmpdir(), "gradsmith-browser-"));
  const args = basename(browser).startsWith("firefox") ? ["--headless", "--no-remote", "--profile", profile] : chromiumArgs(profile);
  const child = spawn(browser, [...args, `http://localhost:${server.address().port}${path}`], { stdio: "ignore", detached: true });
  const closed = new Promise((resolve) => child.on("close", resolve));
  child.on("error", (error) => said({ error: error.message }));
  child.on("exit", (code) => said({ error: `${browser} ended with ${code}` }));
  const timer = setTimeout(() => said({ error: `said nothing for ${mostMs / 1000} s` }), mostMs);
  const result = await answer;
  clearTimeout(timer);
  end(child);
  await closed;
  server.closeAllConnections();
  server.close();
  rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  return result;
}

function chromiumArgs(profile) {
  const quiet = ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"];
  // Chromium's own walls don't stand for root, as in containers.
  const walls = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return ["--headless", "--disable-gpu", ...walls, ...quiet, `--user-data-dir=${profile}`];
}

/** With all the processes it has started: each would go on writing to its profile. */
function end(child) {
  if (child.pid === undefined || child.exitCode !== null) return;
  if (process.platform === "win32") child.kill();
  else process.kill(-child.pid, "SIGKILL");
}
