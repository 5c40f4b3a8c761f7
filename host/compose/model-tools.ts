/** What `openclaw models set` and `pull` do, with a running gateway or without: it takes up the file by itself. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { systemClock } from "#host/base/clock.ts";
import { HostError } from "#host/base/errors.ts";
import { createLog } from "#host/base/log.ts";
import type { Config } from "#host/config/config.ts";
import { withPrimaryModel } from "#host/config/edit.ts";
import type { Environment } from "#host/config/environment.ts";
import { createConfig } from "#host/config/load.ts";
import { prepareState } from "#host/config/state.ts";
import { pullModel, type PullProgress } from "#host/llm/ollama-pull.ts";
import { ollamaOf, ollamaProvider } from "./model-providers.ts";
import { replaceFile } from "./replace-file.ts";

export interface ModelTools {
  /** Writes the model that answers into openclaw.json; gives the file's path. */
  setPrimary(name: string): { readonly path: string };
  /** `llama3.2:3b`, or with its provider in front. Throws a HostError that says what is in the way. */
  pull(name: string, signal: AbortSignal): AsyncIterable<PullProgress>;
}

const MODEL_NAME = /^[^/\s]+\/\S+$/;

/** It holds the gateway's token. */
const PRIVATE_FILE = 0o600;

export function createModelTools(stateDir: string, environment: Environment): ModelTools {
  const paths = prepareState(stateDir);
  const log = createLog({ clock: systemClock, level: "error", format: "text", write: () => {} });
  const config = createConfig({ paths, homeDir: homedir(), environment, log });
  config.stop();
  return {
    setPrimary(name) {
      // The file's own check would put the blame on the file.
      if (!MODEL_NAME.test(name)) {
        throw new HostError("config.invalid", `Cannot have "${name}" answer: it must be "provider/model"`, {
          fix: `Try: openclaw models set ollama/${name.replace(/^\/+|\s/g, "") || "llama3.2"}`,
        });
      }
      replaceFile(paths.config, withPrimaryModel(readFileSync(paths.config, "utf8"), name), PRIVATE_FILE);
      return { path: paths.config };
    },
    pull(name, signal) {
      const { options, model } = placeOf(config.current().providers, name);
      return pullModel(options, model, signal);
    },
  };
}

/** A name in front of the first slash is a provider's where there is an Ollama of that name, else part of the model's. */
function placeOf(providers: Config["providers"], name: string) {
  const [first = "", ...rest] = name.split("/");
  const named = rest.length === 0 ? null : ollamaProvider(providers, first);
  const provider = named ?? ollamaProvider(providers);
  if (provider === null) {
    throw new HostError(
      "request.invalid",
      `Cannot pull "${name}": models.providers.ollama speaks another API`,
      {
        fix: 'Set its api to "ollama", or name another provider in front of the model',
      },
    );
  }
  return { options: ollamaOf(provider), model: named === null ? name : rest.join("/") };
}
