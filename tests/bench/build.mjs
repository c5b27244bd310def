// Bundles the applications and recorders of this folder: for the bench, and for `cargo xtask fidelity`, whose pages the
// applications are. node build.mjs FOLDER builds what is in `apps`.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build as bundle } from "esbuild";
import { compile } from "svelte/compiler";

const here = fileURLToPath(new URL(".", import.meta.url));

const svelte = {
  name: "svelte",
  setup: (of) =>
    of.onLoad({ filter: /\.svelte$/ }, ({ path }) => ({
      contents: compile(readFileSync(path, "utf8"), { filename: path, generate: "client" }).js.code,
    })),
};

/** Bundles every script of these folders into another one. @param {string[]} folders @param {string} outdir */
export const build = (folders, outdir) =>
  bundle({
    entryPoints: folders.flatMap((folder) => readdirSync(join(here, folder)).filter((name) => name.endsWith(".js")).map((name) => join(here, folder, name))),
    outdir,
    entryNames: "[name]",
    bundle: true,
    minify: true,
    conditions: ["browser", "production"],
    define: { "process.env.NODE_ENV": '"production"', __VUE_OPTIONS_API__: "true", __VUE_PROD_DEVTOOLS__: "false", __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false" },
    plugins: [svelte],
    logLevel: "error",
  });

if (process.argv[1] === fileURLToPath(import.meta.url)) await build(["apps"], process.argv[2]);
