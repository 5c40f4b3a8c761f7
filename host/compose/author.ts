/** What the command line does for a plugin's author. Nothing of it needs a gateway. */
import type { AuthorTestReport, PackedPlugin } from "#host/base/author.ts";
import { writeEditorFiles } from "#host/author/editor-files.ts";
import { startDev, type Dev, type DevOptions } from "./author-dev.ts";
import { editorPaths } from "./author-files.ts";
import type { AuthorOptions } from "./author-host.ts";
import { createPlugin, pack } from "./author-new.ts";
import { runPluginTests, type TestOptions } from "./author-test.ts";

export interface Author {
  dev(options: DevOptions): Promise<Dev>;
  test(options: TestOptions): Promise<AuthorTestReport>;
  /** Makes a plugin; gives the paths that it wrote. */
  create(kind: string, id: string, folder: string): Promise<readonly string[]>;
  /** Makes the one file of a plugin. */
  pack(folder: string, into: string): Promise<PackedPlugin>;
  /** Writes what editors need; gives what was out of date. */
  types(folder: string): Promise<readonly string[]>;
}

export function createAuthor(options: AuthorOptions): Author {
  return {
    dev: (dev) => startDev(options, dev),
    test: (test) => runPluginTests(options, test),
    create: createPlugin,
    pack,
    types: (folder) => writeEditorFiles(folder, editorPaths()),
  };
}
