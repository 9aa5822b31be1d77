// Bundles the scripts of the site into src/kg/serve/static/dist; the result is committed, see tests/test_ui_dist.py.
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
// A test builds elsewhere and compares.
const out = process.argv[2] ?? join(here, "../src/kg/serve/static/dist");

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: ["src/editor.js"],
  entryNames: "[name]-[hash]",
  outdir: out,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
  metafile: true,
});

// Every package with a file in the bundle, with the text of its licence.
const packages = new Set();
for (const path of Object.keys(metafile.inputs)) {
  const found = path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)\//);
  if (found) packages.add(found[1]);
}
const parts = [];
for (const name of [...packages].sort()) {
  const folder = join(here, "node_modules", name);
  const { version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const file = (await readdir(folder)).find((each) => /^licen[cs]e/i.test(each));
  if (!file) throw new Error(`${name} has no licence file`);
  const text = (await readFile(join(folder, file), "utf8")).replaceAll("\r\n", "\n").trim();
  parts.push(`${name} ${version} (${license})\n\n${text}\n`);
}
await writeFile(join(out, "THIRD_PARTY_LICENSES.txt"), parts.join(`\n${"-".repeat(78)}\n\n`));

const manifest = {};
for (const name of (await readdir(out)).sort()) {
  manifest[name] = createHash("sha256").update(await readFile(join(out, name))).digest("hex");
}
await writeFile(join(out, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
