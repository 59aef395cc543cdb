// Takes pictures of pages with Chromium, in few colors: they are kept in git. A development tool only.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

// What npm installed stands where make calls us, not beside this file.
export const here = createRequire(pathToFileURL(join(process.cwd(), "index.js")));
const PNG = here("upng-js");
const COLORS = 48;

// Returns a function that takes a picture of a page, which tells its size as [width,height] in the data of its body.
export function camera(chromium) {
  const profile = join(process.cwd(), mkdtempSync("profile-"));
  const flags = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars", "--disable-lcd-text",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", `--user-data-dir=${profile}`,
  ];
  const run = (...more) => execFileSync(chromium, [...flags, ...more], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return (html, png) => {
    const page = join(process.cwd(), "page.html");
    writeFileSync(page, html);
    const [wide, high] = JSON.parse(run("--window-size=1600,900", "--dump-dom", `file://${page}`).match(/data-size="(\[\d+,\d+\])"/)[1]);
    run(`--window-size=${wide},${high}`, `--screenshot=${png}`, `file://${page}`);
    const seen = PNG.decode(readFileSync(png));
    writeFileSync(png, Buffer.from(PNG.encode(PNG.toRGBA8(seen), seen.width, seen.height, COLORS)));
  };
}
