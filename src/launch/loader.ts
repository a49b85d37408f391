import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Script } from "node:vm";
import type { CodeCache } from "./code-cache.ts";

interface Chunk {
  readonly exports: Record<string, unknown>;
}

/**
 * Loads this program's own CommonJS chunks from compiled code, where there is some. Chunks require
 * each other by `./name.cjs`; everything else is Node's. (`module.enableCompileCache` does this from
 * Node 22.1 on; the floor is Node 20.)
 */
export interface Loader {
  load(file: string): Record<string, unknown>;
  /** Keeps the compiled code of what was loaded without any; best after the work is done. */
  saveCode(): void;
}

type Wrapped = (
  exports: unknown,
  require: (id: string) => unknown,
  module: Chunk,
  filename: string,
  dirname: string,
) => void;

export function createLoader(cache: CodeCache | undefined): Loader {
  const loaded = new Map<string, Chunk>();
  const fresh = new Map<string, Script>();
  let nodeRequire: NodeJS.Require | undefined;

  const load = (file: string): Record<string, unknown> => {
    const known = loaded.get(file);
    if (known) return known.exports;
    const chunk: Chunk = { exports: {} };
    loaded.set(file, chunk);
    const folder = dirname(file);
    nodeRequire ??= createRequire(file);
    const builtin = nodeRequire;
    const require = (id: string): unknown =>
      id.startsWith("./") ? load(join(folder, id)) : builtin(id);
    compile(file)(chunk.exports, require, chunk, file, folder);
    return chunk.exports;
  };

  const compile = (file: string): Wrapped => {
    const code = cache?.read(file);
    const source = readFileSync(file, "utf8");
    const script = new Script(
      `(function(exports,require,module,__filename,__dirname){${source}\n})`,
      {
        filename: file,
        ...(code ? { cachedData: code } : {}),
      },
    );
    if (code === undefined || script.cachedDataRejected === true) fresh.set(file, script);
    return script.runInThisContext();
  };

  return {
    load,
    saveCode: () => {
      if (cache === undefined) return;
      for (const [file, script] of fresh) cache.write(file, script.createCachedData());
      fresh.clear();
    },
  };
}
