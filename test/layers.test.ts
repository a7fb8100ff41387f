/** Reads every import of the tree and compares it with the layer table: the table below is the architecture. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { test } from "node:test";
import { projectRoot } from "./project-root.ts";

/** folder → folders it may import from, besides itself. The longest matching prefix wins. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  proto: [],
  native: ["base"],
  "fs/": ["base", "native"],
  "daemon/task": ["base"],
  "daemon/piece": ["base"],
  "daemon/parent": ["base"],
  "daemon/source": ["base", "daemon/task"],
  "daemon/tls": ["base"],
  "daemon/transport": ["base", "daemon/task", "daemon/rpc", "daemon/tls", "proto"],
  "daemon/rpc": ["base", "daemon/tls", "proto"],
  "daemon/scheduler": ["base", "daemon/task", "daemon/rpc", "proto"],
  "daemon/manager": ["base", "daemon/task", "daemon/rpc", "proto"],
  "daemon/identity": ["base", "daemon/task", "daemon/rpc", "proto"],
  "daemon/host-figures": ["base", "proto"],
  "daemon/storage": ["base", "native", "daemon/task"],
  "daemon/tree": ["base", "daemon/task", "daemon/source", "daemon/engine", "fs/content-source.ts"],
  "daemon/server": [
    "base",
    "daemon/task",
    "daemon/rpc",
    "daemon/tls",
    "daemon/engine",
    "daemon/source",
    "daemon/config",
    "daemon/scheduler/embedded",
    "proto",
  ],
  "daemon/config": ["base", "daemon/task"],
  "daemon/engine": [
    "base",
    "daemon/task",
    "daemon/piece",
    "daemon/parent",
    "daemon/source",
    "daemon/transport",
    "daemon/scheduler",
    "daemon/storage",
  ],
  "daemon/": ["base", "proto", "native", "daemon/", "fs/content-source.ts"],
  holder: [
    "base",
    "native",
    "fs/bindings/binding.ts",
    "fs/bindings/kernel-abi/",
    "fs/bindings/native/device.ts",
    "fs/bindings/native/mounting.ts",
    "fs/bindings/unmount.ts",
  ],
  "cli/": ["holder", "base", "proto", "native", "daemon", "fs"],
};

const ROOT = projectRoot();

function* sources(folder: string): Generator<string> {
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (entry.name.endsWith(".ts")) yield path;
  }
}

function layerOf(path: string): string | undefined {
  return Object.keys(MAY_IMPORT)
    .filter((layer) => path.startsWith(layer))
    .sort((a, b) => b.length - a.length)[0];
}

function* wrongImports(path: string): Generator<string> {
  const layer = layerOf(path);
  if (layer === undefined) {
    yield `${path}: its folder is not in the layer table`;
    return;
  }
  const text = readFileSync(join(ROOT, path), "utf8");
  for (const match of text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)) {
    const target = relative(ROOT, resolve(ROOT, dirname(path), match[1] ?? ""));
    const allowed = [layer, ...(MAY_IMPORT[layer] ?? [])];
    const targetLayer = layerOf(target);
    const ok = allowed.some((prefix) =>
      prefix.includes(".ts") ? target === prefix : prefix === targetLayer || target.startsWith(prefix),
    );
    if (!ok) yield `${path} imports ${target}`;
  }
}

test("imports point down only, as the layer table says", () => {
  const files = ["base", "proto", "native", "fs", "holder", "daemon", "cli"].flatMap((folder) => [
    ...sources(folder),
  ]);
  assert.ok(files.length > 20, "the tree was read");
  assert.deepEqual(
    files.flatMap((path) => [...wrongImports(path)]),
    [],
  );
});
