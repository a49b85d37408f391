import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Texts by their paths below the copy, and links as they are written. */
export type WorkerFiles = Readonly<Record<string, string | { readonly link: string }>>;

/** A worker's files as they lie in a folder. */
export interface WorkerCopy {
  /** The folder, as `--root` takes it. */
  readonly path: string;
  remove(): Promise<void>;
}

/** Writes them into a temporary folder that nobody else can read. */
export async function writeCopy(files: WorkerFiles): Promise<WorkerCopy> {
  const path = await mkdtemp(join(tmpdir(), "eks-probe-lab-worker-"));
  const remove = (): Promise<void> => rm(path, { recursive: true, force: true });
  try {
    const folders = new Set(Object.keys(files).map((file) => dirname(join(path, file))));
    await Promise.all([...folders].map((folder) => mkdir(folder, { recursive: true })));
    await Promise.all(
      Object.entries(files).map(([file, content]) =>
        typeof content === "string"
          ? writeFile(join(path, file), content, { mode: 0o600 })
          : symlink(content.link, join(path, file)),
      ),
    );
  } catch (error) {
    await remove();
    throw error;
  }
  return { path, remove };
}
