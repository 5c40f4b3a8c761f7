/** What the agent needs of tools: which there are, and how to run one. Compose gives it the registry and the sandbox. */
import type { JsonObject } from "#host/base/json.ts";
import type { ImagePart, TextPart, ToolCallPart } from "#host/base/message.ts";
import type { ModelTool } from "#host/llm/provider.ts";
import type { RunIdentity } from "#host/base/run.ts";

export interface ToolOutcome {
  readonly content: readonly (TextPart | ImagePart)[];
  readonly details: JsonObject | null;
  readonly isError: boolean;
  /** Others may have written it: the tool has been outside of the machine. */
  readonly isFromOutside?: boolean;
}

export interface ToolRunner {
  /** Tools that can be used now, in a stable order. Asked before every model call. */
  list(): Promise<readonly ModelTool[]>;
  /** Never rejects for a tool's failure: that is an outcome with `isError`. Rejects only when aborted. */
  run(
    call: ToolCallPart,
    run: RunIdentity,
    options: { readonly signal: AbortSignal; readonly onUpdate: (text: string) => void },
  ): Promise<ToolOutcome>;
}
