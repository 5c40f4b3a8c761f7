/**
 * Keys that OpenClaw knows in openclaw.json and this host does not use. They are accepted, so that a file
 * can be shared with upstream, and named to the owner as kept but not used.
 *
 * `*` stands for any name. What is in neither this table nor `schema.ts` is a mistake in the file.
 */
const AGENT_KEYS =
  "additionalSystemPrompt agentDir agentRuntime " +
  "bootstrapPromptTruncationWarning cliBackends " +
  "compaction contextInjection contextLimits contextPruning contextTokens default elevatedDefault embeddedPi " +
  "envelopeElapsed envelopeTimestamp envelopeTimezone experimental fastModeDefault groupChat heartbeat humanDelay " +
  "identity imageGenerationModel imageMaxDimensionPx imageModel llm maxConcurrent mediaMaxMb memorySearch models " +
  "musicGenerationModel params pdfMaxBytesMb pdfMaxPages pdfModel promptOverlays reasoningDefault repoRoot runtime " +
  "sandbox skills skipBootstrap startupContext subagents thinkingDefault timeFormat timeoutSeconds tools " +
  "typingIntervalSeconds typingMode userTimezone utilityModel verboseDefault videoGenerationModel";

export const KEPT_KEYS: Readonly<Record<string, readonly string[]>> = {
  "": words(
    "$schema accessGroups acp approvals audio auth bindings broadcast browser canvasHost cli cloudWorkers commands " +
      "commitments crestodian cron diagnostics discovery env hooks mcp media memory meta nodeHost proxy " +
      "secrets session surfaces talk telemetry tui ui update vault web wizard",
  ),
  gateway: words(
    "allowRealIpFallback channelHealthCheckMinutes channelMaxRestartsPerHour channelStaleEventThresholdMinutes " +
      "customBindHost handshakeTimeoutMs http nodes push reload remote tailscale tls tools trustedProxies webchat",
  ),
  "gateway.auth": words("allowTailscale password rateLimit trustedProxy"),
  "gateway.controlUi": words(
    "allowExternalEmbedUrls allowInsecureAuth basePath dangerouslyAllowHostHeaderOriginFallback " +
      "dangerouslyDisableDeviceAuth embedSandbox enabled root",
  ),
  agents: [],
  "agents.defaults": words(AGENT_KEYS),
  "agents.entries.*": words(AGENT_KEYS),
  "agents.list.*": words(AGENT_KEYS),
  models: words("bedrockDiscovery catalogRefresh mode pricing proxy"),
  "models.providers.*": words(
    "auth authHeader contextWindow headers injectNumCtxForOpenAICompat localService maxTokens region request " +
      "timeoutSeconds",
  ),
  plugins: words("bundledDiscovery installs slots"),
  "plugins.entries.*": words("hooks llm subagent"),
  skills: words("allowBundled install limits workshop"),
  "skills.entries.*": [],
  "skills.load": words("allowSymlinkTargets watch watchDebounceMs"),
  messages: words(
    "ackReaction ackReactionScope groupChat inbound messagePrefix removeAckAfterReply responsePrefix responseUsage " +
      "statusReactions suppressToolErrors tts usageTemplate visibleReplies",
  ),
  "messages.queue": words("debounceMsByChannel"),
  tools: words(
    "agentToAgent alsoAllow byProvider codeMode elevated exec experimental fs links loopDetection media message profile " +
      "sandbox sessions sessions_spawn subagents toolSearch web",
  ),
  logging: words("consoleLevel consoleStyle file maxFileBytes redactPatterns redactSensitive"),
};

function words(text: string): readonly string[] {
  return text.split(" ");
}

/** Full names of the kept keys that `file` has, sorted: `gateway.tls`, `agents.entries.main.identity`. */
export function keptKeysOf(file: unknown): string[] {
  const found: string[] = [];
  for (const [path, names] of Object.entries(KEPT_KEYS)) {
    for (const [at, value] of valuesAt(file, path === "" ? [] : path.split("."), [])) {
      for (const name of names) if (Object.hasOwn(value, name)) found.push([...at, name].join("."));
    }
  }
  return found.sort();
}

/** The objects that a pattern names, each with the path at which it stands. */
function valuesAt(
  value: unknown,
  pattern: readonly string[],
  at: readonly string[],
): [readonly string[], object][] {
  if (typeof value !== "object" || value === null) return [];
  const [next, ...rest] = pattern;
  if (next === undefined) return [[at, value]];
  return Object.entries(value)
    .filter(([name]) => next === "*" || name === next)
    .flatMap(([name, child]) => valuesAt(child, rest, [...at, name]));
}
