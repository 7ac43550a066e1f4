// Goes the ways that the guide's section "From nothing" describes, with its own commands and files, and with the packed package in place of the published one:
// Node and TypeScript, Vite, Next, a script tag. Needs dist/ and a network. The last line is "N passed, N failed"; what could not be tried is named.
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findBrowser, noBrowser, visit } from "../chromium.mjs";
import { check, finish } from "./report.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "gradsmith-starts-"));
const shell = process.platform === "win32";
// Nothing is asked, and no tool reports home.
const env = {
  ...process.env,
  npm_config_yes: "true",
  npm_config_audit: "false",
  npm_config_fund: "false",
  CI: "1",
  NEXT_TELEMETRY_DISABLED: "1",
};
const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

try {
  const packed = run(["npm", "pack", "--ignore-scripts", "--json", "--pack-destination", folder], root);
  const tarball = join(folder, JSON.parse(packed.stdout)[0].filename);
  for (const [title, outcome] of Object.entries({
    "Node and TypeScript": inNode,
    Vite: withVite,
    Next: withNext,
    "A script tag": withScriptTag,
  })) {
    const { commands, files } = described(title);
    const place = join(folder, title.replaceAll(" ", "-"));
    mkdirSync(place);
    const at = follow(commands, place, tarball);
    if (at === undefined) continue;
    for (const [path, text] of files) {
      mkdirSync(dirname(join(at, path)), { recursive: true });
      writeFileSync(join(at, path), text);
    }
    await outcome(title, at);
  }
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}
finish();

/** The commands before a section's files, and the files: blocks that begin with their path in a comment. */
function described(title) {
  const guide = readFileSync(join(root, "docs/guide.md"), "utf8");
  const section = guide.split(`\n### ${title}\n`)[1]?.split(/\n##/)[0];
  if (section === undefined) throw new Error(`docs/guide.md has no section "${title}"`);
  const blocks = [...section.matchAll(/```(\w+).*\n([\s\S]*?)```/g)];
  const files = blocks.flatMap(([, , text]) => {
    const path = /^(?:\/\/|<!--) ([\w./]+)/.exec(text)?.[1];
    return path === undefined ? [] : [[path, text.slice(text.indexOf("\n") + 1)]];
  });
  if (files.length === 0) throw new Error(`docs/guide.md's section "${title}" has no files`);
  return { commands: blocks[0][1] === "sh" ? blocks[0][2].trim().split("\n") : [], files };
}

/** Where the commands end up; undefined, and a line, where one fails. */
function follow(commands, place, tarball) {
  let at = place;
  for (const command of commands) {
    const words = command.split(" ").map((word) => (word === "gradsmith" ? tarball : word));
    if (words[0] === "cd") {
      at = join(at, words[1]);
      continue;
    }
    if (words[0] === "mkdir") {
      mkdirSync(join(at, words[1]));
      continue;
    }
    const { status, stdout, stderr } = run(words, at);
    if (status === 0) continue;
    check(command, `${stdout}${stderr}`);
    return undefined;
  }
  return at;
}

function run([command, ...args], cwd) {
  return spawnSync(command, args, { cwd, env, encoding: "utf8", shell, timeout: 600_000 });
}

function inNode(title, at) {
  const { stdout, stderr } = run(["npx", "tsx", "program.ts"], at);
  check(`${title}: a program`, Number(stdout) > 0.95 ? undefined : `${stdout}${stderr}`);
  const types = run(
    ["npx", "tsc", "--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--types", "node", "program.ts"],
    at,
  );
  check(`${title}: its types`, types.status === 0 ? undefined : types.stdout);
  const summary = run(["npx", "gradsmith", "summary", "circle.safetensors"], at);
  check(`${title}: gradsmith summary`, summary.stdout.includes("1,185") ? undefined : `${summary.stdout}${summary.stderr}`);
}

async function withVite(title, at) {
  const built = run(["npm", "run", "build"], at);
  check(`${title}: npm run build`, built.status === 0 ? undefined : `${built.stdout}${built.stderr}`);
  await inPage(`${title}: what it built`, folderOf(join(at, "dist")), "middle 1.00, corner 0.00");
  await withServer(["npx", "vite", "--port"], at, (base) =>
    inPage(`${title}: its development server`, proxyOf(base), "middle 1.00, corner 0.00"),
  );
}

async function withNext(title, at) {
  // Its template fetches fonts.
  writeFileSync(
    join(at, "app/layout.tsx"),
    "export default ({ children }: { children: React.ReactNode }) => <html><body>{children}</body></html>;\n",
  );
  const built = run(["npm", "run", "build"], at);
  check(`${title}: npm run build`, built.status === 0 ? undefined : `${built.stdout}${built.stderr}`);
  for (const mode of ["start", "dev"]) {
    await withServer(["npx", "next", mode, "-p"], at, async (base) => {
      const html = (await (await fetch(base)).text()).replaceAll("<!-- -->", "");
      check(`${title} ${mode}: a server component`, html.includes("on the server: accuracy 0.98") ? undefined : html.slice(0, 2000));
      // A page of the development server waits for its websocket, which isn't passed on here.
      if (mode === "start") await inPage(`${title} ${mode}: a client component`, proxyOf(base), "accuracy 0.98");
    });
  }
}

async function withScriptTag(title, at) {
  const published = "https://cdn.jsdelivr.net/npm/gradsmith";
  const page = readFileSync(join(at, "index.html"), "utf8");
  if (!page.includes(published)) throw new Error(`${title}: the page doesn't load ${published}`);
  writeFileSync(join(at, "index.html"), page.replace(published, "./gradsmith.min.js"));
  cpSync(join(root, "dist/gradsmith.min.js"), join(at, "gradsmith.min.js"));
  await inPage(title, folderOf(at), "middle 1.00, corner 0.00");
}

function folderOf(place) {
  return (path) => {
    const file = join(place, path === "/" ? "index.html" : path);
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return undefined;
    return { type: types[extname(file)] ?? "application/octet-stream", body: readFileSync(file) };
  };
}

function proxyOf(base) {
  return async (path, _, search) => {
    const response = await fetch(base + path + search);
    if (!response.ok) return undefined;
    return { type: response.headers.get("content-type") ?? "text/plain", body: Buffer.from(await response.arrayBuffer()) };
  };
}

/** Presses the page's button, where it has one, and waits for what it writes into #answer. */
async function inPage(name, respond, wanted) {
  if (findBrowser() === undefined) {
    console.log(`skipped ${name}: ${noBrowser}`);
    return;
  }
  const faults = `<script>const faults = []; addEventListener("error", (event) => faults.push(event.message));
addEventListener("unhandledrejection", (event) => faults.push(String(event.reason)));
const started = performance.now();
const timer = setInterval(() => {
  const text = document.querySelector("#answer")?.textContent ?? "";
  if (text === "" && performance.now() - started < 60_000 && faults.length === 0) return document.querySelector("button:enabled")?.click();
  clearInterval(timer);
  fetch("/answer", { method: "POST", body: JSON.stringify({ text, faults }) });
}, 500);</script>`;
  const {
    text,
    faults: found,
    error,
  } = await visit("/", async (path, body, search) => {
    const answer = await respond(path, body, search);
    if (path !== "/" || answer === undefined) return answer;
    return { ...answer, body: Buffer.from(answer.body.toString().replace(/<\/body>|$/, (end) => faults + end)) };
  });
  check(name, text?.includes(wanted) ? undefined : JSON.stringify({ text, found, error }));
}

/** Starts a server on a free port, waits until it answers, and ends it. */
async function withServer(command, cwd, work) {
  const port = await freePort();
  const child = spawn(command[0], [...command.slice(1), String(port)], { cwd, env, shell, stdio: "ignore", detached: !shell });
  try {
    const base = `http://localhost:${port}`;
    for (let i = 0; !(await answers(base)); i++) {
      if (i === 120) throw new Error(`${command.join(" ")} doesn't answer`);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    await work(base);
  } catch (error) {
    check(command.join(" "), String(error?.stack ?? error));
  } finally {
    if (shell) spawnSync("taskkill", ["/pid", String(child.pid), "/T", "/F"]);
    else process.kill(-child.pid, "SIGKILL");
  }
}

function answers(base) {
  return fetch(base).then(
    ({ ok }) => ok,
    () => false,
  );
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "localhost", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
