/**
 * Every number that bounds something, with the harm that it prevents. Rooms take these as defaults; a
 * test may pass its own.
 */

const KiB = 1024;
const MiB = 1024 * KiB;

/** The wire between host and sandbox (host/pipe). */
export const PIPE = {
  /** A frame larger than this is a protocol error: a hostile sandbox could make the host buffer without end. */
  maxFrameBytes: 1 * MiB,
  /** The JSON of one frame: a result of `SANDBOX.maxResultBytes` and what stands around it. */
  maxHeaderBytes: 1 * MiB + 64 * KiB,
  /** Payload of `open`, the one large frame: a plugin's bundle. Only a sandbox accepts it, from its host. */
  maxOpenBytes: 16 * MiB,
  /** Bytes that a stream may have under way unread. A slow reader stops its writer here. */
  windowBytes: 256 * KiB,
  /** Payload of one chunk: large enough to be cheap, small enough that calls are not queued behind it. */
  chunkBytes: 64 * KiB,
  /** Effects that one isolate may have open. More is a leak or an attack. */
  openEffects: 128,
  /** Characters of a message or stack in a plugin's error. The sandbox cuts longer ones before it sends them. */
  maxErrorChars: 16 * KiB,
  /** Characters of one console line or progress text, cut by the sandbox as well. */
  maxTextChars: 16 * KiB,
  /** Paths and addresses in an effect. */
  maxTargetChars: 16 * KiB,
  /** Arguments of a command, and characters of one. Policy allows fewer; past these the frame itself is refused. */
  maxArgs: 4_096,
  maxArgChars: 256 * KiB,
  /** Header lines of one HTTP request. */
  maxHeaderLines: 256,
  /** How deep JSON from a sandbox may be nested: whoever walks it later recurses. */
  maxJsonDepth: 64,
  /** The same for a message that a service brought in: flat by nature, and walked by many. */
  maxEventDepth: 8,
  /** Bytes that wait for a peer which does not read. An `open` alone may be 16 MiB. */
  maxUnsentBytes: 48 * MiB,
  /** Console lines, updates and cancellations a second from one process: nothing else slows their sender. */
  maxNoticesPerSecond: 5_000,
  /** A socket's peer that has not proved the shared secret by then is dropped. */
  proofDeadlineMs: 5_000,
} as const;

/** Sandbox processes and the isolates in them (host/sandbox). */
export const SANDBOX = {
  /** V8 heap of one isolate. Not a wall by itself: the process's RSS cap is. */
  heapMiB: 64,
  /** RSS at which the watchdog kills a sandbox process. */
  rssMiB: 512,
  /** How often RSS is read, in ms: a bomb must be dead within 0.5 s of crossing its cap. */
  watchIntervalMs: 100,
  /** Wall time of one call, without the time that the owner takes to answer an ask. */
  callDeadlineMs: 60_000,
  /** Uninterrupted run of JavaScript inside an isolate. Shared processes must stay responsive. */
  cpuSliceMs: 2_000,
  /** An isolate that no call used for this long is thrown away. */
  idleIsolateMs: 60_000,
  /** A process without isolates ends after this long. */
  idleProcessMs: 120_000,
  /** Blank isolates kept ready in each process. */
  pooledIsolates: 1,
  /** Isolates in one process; more sessions wait. */
  isolatesPerProcess: 64,
  /** Result of one call, as JSON. */
  maxResultBytes: 1 * MiB,
  /** First start of a process until it says that it is ready. */
  startDeadlineMs: 15_000,
  /** After a call's end was asked for (deadline, stop), the time that the plugin has to comply. */
  abortGraceMs: 250,
  /** After a channel's account was told to stop, the time that it has to say goodbye and note where it was. */
  stopGraceMs: 2_000,
  /** Requests that hang in one isolate while others are answered there; with so many it is ended at once. */
  hangingCalls: 32,
  /** First wait before a crashed plugin or process is started again; each further crash doubles it. */
  restartDelayMs: 100,
  maxRestartDelayMs: 10_000,
  /** Crashes within `crashWindowMs` after which a plugin is quarantined. */
  crashesBeforeQuarantine: 5,
  crashWindowMs: 60_000,
} as const;

/** One isolate, as the child that runs it bounds it (host/edge, host/sandbox/child). */
export const EDGE = {
  /** Timers running at once. */
  timers: 1_000,
  /** Console lines a second; the log is everybody's. */
  consoleLinesPerSecond: 100,
  /** Progress texts a second; the page shows no more. */
  updatesPerSecond: 50,
  /** Effects given up in a second; each is work for the host that nothing else slows. */
  cancelsPerSecond: 250,
  /**
   * The same of all isolates in one process together. Twice their sum, a burst and a second, stays within
   * `PIPE.maxNoticesPerSecond`, past which the host ends the process.
   */
  linesPerProcessSecond: 1_500,
  cancelsPerProcessSecond: 1_000,
  /** Bytes of one isolate that wait because the host does not read; past it, the isolate floods. */
  waitingBytes: 16 * MiB,
} as const;

/**
 * Work that the child does natively for isolates: cryptography and compression (host/sandbox/child). What passes
 * a bound is an error that the plugin can handle.
 */
export const NATIVE = {
  /** Operations of one isolate that the child has at a time; the isolate's runtime keeps the others. */
  jobs: 4,
  /** Bytes of those together: they wait in the process of all. One operation may be as large. */
  jobBytes: 16 * MiB,
  /** The same of all isolates in a process, well below the cap at which the watchdog kills it. */
  jobBytesPerProcess: 128 * MiB,
  /** Bytes of one operation that is answered at once, on the thread of all: some 0.1 ms of hashing. */
  syncBytes: 64 * KiB,
  /**
   * Time on that thread that an isolate may take in a burst, and a second in the long run; then it waits, on a
   * thread of its own. All isolates together leave most of the thread to messages.
   */
  syncBurstMs: 20,
  syncMsPerSecond: 150,
  syncMsPerProcessSecond: 300,
  /** What counts for carrying bytes there and back, besides the work. */
  syncMsPerMiB: 1,
  /** How long an isolate may wait for an operation without a pause: less than the slice that it is given. */
  waitMs: 750,
  /** Operations under way in one process: the thread pool has four threads. */
  lightAtOnce: 4,
  /** Of those that take long. Two threads always remain for the short ones. */
  heavyAtOnce: 2,
  /** An operation on more bytes than this, or a derivation with more rounds, counts as one that takes long. */
  lightBytes: 1 * MiB,
  lightRounds: 20_000,
  /** Keys that one isolate holds, and all of a process: some kilobytes each, outside of every heap limit. */
  keys: 4_096,
  keysPerProcess: 16_384,
  /** Hashes, ciphers and compressors that are open, the same way: a compressor alone takes 268 KB. */
  states: 128,
  statesPerProcess: 512,
  /** A Brotli compressor counts as so many: it takes some megabytes. */
  brotliStates: 16,
  /** PBKDF2: rounds times blocks of output. 5 s of a thread; recommendations of 2026 are below a million. */
  rounds: 4_000_000,
  /** scrypt: 128 N r bytes of memory, and N r p steps, some 2 s of a thread. */
  scryptBytes: 64 * MiB,
  scryptSteps: 2_000_000,
  /** RSA: making a larger key takes a minute, using it as long as 100 ms. */
  rsaBits: 4_096,
  /** Web Crypto's own bound of one `getRandomValues`. */
  randomBytes: 64 * KiB,
  /** Secret keys, derived bits and outputs of extendable hashes. */
  secretBytes: 64 * KiB,
  /** What one answer of a decompressor holds: a bomb goes off in pieces, each asked for. */
  pieceBytes: 256 * KiB,
  /** Compressed bytes that are unpacked at once, without a job. */
  onceBytes: 64 * KiB,
} as const;

/** Effects (host/broker). */
export const BROKER = {
  maxRedirects: 10,
  maxHeaderBytes: 64 * KiB,
  /** A response body past this is cut with an error: a plugin's memory is not the network's to fill. */
  maxResponseBytes: 64 * MiB,
  connectTimeoutMs: 10_000,
  /** Silence on an open response. */
  idleTimeoutMs: 30_000,
  /** A request body up to this is kept while it goes out: a redirect may want it again. */
  replayBodyBytes: 256 * KiB,
  maxFileBytes: 256 * MiB,
  /** Entries of one folder's listing: it is one frame, and reading it holds the host up. */
  maxListEntries: 2_000,
  /** The same listing as JSON, where a byte of a name can take six: a frame past its bounds would end the sandbox. */
  maxListBytes: 512 * KiB,
  /** Entries below a folder that is deleted whole; more is more than anybody means, and work for the host's thread. */
  maxRemoveEntries: 10_000,
  /** How deep that folder may be: each level is a descriptor. */
  maxRemoveDepth: 64,
  /** Sockets that one plugin may have open: each may hold a whole message in the host's memory. */
  openSocketsPerPlugin: 32,
  /** Model calls that one plugin may have open: the owner's model is there for the owner first. */
  modelCallsPerPlugin: 4,
  /** One WebSocket message. From a server it is whole in the host's memory before the plugin gets it. */
  maxMessageBytes: 8 * MiB,
  /** A socket's other end is asked this often whether it is there: one that vanished sends no goodbye. */
  socketPingMs: 30_000,
  /** How long an ask waits for the owner. Silence means no. */
  askTimeoutMs: 10 * 60_000,
  /** Asks that one plugin may have open: more would bury the owner. */
  openAsksPerPlugin: 8,
  /** Answers for a session that are remembered; past it the oldest is asked again. */
  sessionAnswers: 10_000,
  /** Audit records that wait for a failing store. Past it nothing more is done. */
  waitingAuditRecords: 10_000,
  /** The longest that an audit record of a low-risk effect waits for its batch. */
  auditFlushMs: 100,
  /** Equal denials of one plugin within this time are one record with a count: a loop must not fill the disk. */
  auditRepeatMs: 10_000,
  /** Denials of one plugin in that time that are told apart; what differs beyond them is counted together. */
  auditDenialsApart: 100,
} as const;

/** The audit in the store (host/store). */
export const AUDIT = {
  /** Records in the database; past it the oldest go to a file, so that the database stays small. */
  maxRows: 50_000,
  /** Records of one file, some 5 MB: written in a fraction of a second, read whole by nobody. */
  fileRows: 10_000,
  /** Records that are read at once, to be written or checked; other work goes on in between. */
  pageRows: 500,
} as const;

/** What a plugin may keep with the host without a grant (`ctx.storage`). */
export const STORAGE = {
  /** Bytes of one plugin where its manifest asks for no other number: settings and cursors, not a database. */
  quotaBytes: 1 * MiB,
  /** What a manifest may ask for at most: nobody is asked for this room, and the disk is everybody's. */
  maxQuotaBytes: 64 * MiB,
  maxValueBytes: 256 * KiB,
  maxKeyBytes: 1 * KiB,
  /** Counted for each entry besides its key and value: a million empty ones would cost what they do not weigh. */
  entryBytes: 64,
  /** Keys in one answer, and their bytes: it is one frame, where a byte can take six. */
  maxListKeys: 1_000,
  maxListBytes: 128 * KiB,
} as const;

/** What the configuration that is written for Squid bounds (host/broker). */
export const SQUID = {
  /** What one plugin may download in the long run: it must not take the owner's line from the others. */
  bytesPerSecond: 8 * MiB,
  /** What it may download at full speed before that counts: a page, a picture, a document. */
  burstBytes: 64 * MiB,
  /** The gateway's connections at a time: Squid has some thousand descriptors, and each tunnel takes two. */
  connections: 256,
} as const;

/** Commands that plugins run (host/broker/commands). What is counted by process holds for each of a command's. */
export const COMMANDS = {
  /** Of one plugin; more would take the machine from the others. */
  perPlugin: 4,
  /** Of all plugins. */
  atOnce: 16,
  /** Making a sandbox takes some 20 ms; a machine that is busy takes longer. */
  startMs: 10_000,
  /** Wall time. The call's own deadline ends most commands earlier. */
  runMs: 10 * 60_000,
  /** Both outputs together: a command that writes without end is ended here. */
  outputBytes: 16 * MiB,
  /** Processes and threads of one command: a fork bomb is ended here. */
  tasks: 256,
  /** Memory of all its processes together. */
  residentBytes: 2048 * MiB,
  /** How often tasks and memory are counted, in ms. */
  watchMs: 50,
  /** Memory that one process may ask for. */
  dataBytes: 2048 * MiB,
  /** Processor time of one process. */
  cpuSeconds: 300,
  /** The largest file that it may write. */
  fileBytes: 1024 * MiB,
  openFiles: 512,
  /** Its own /tmp, which is memory, and as much for /dev/shm. */
  tmpBytes: 64 * MiB,
} as const;

/** Model calls that plugins make (host/broker). */
export const LLM = {
  /** One request as JSON: it is one frame. A photo for a model fits, an album does not. */
  maxRequestBytes: 768 * KiB,
  maxMessages: 256,
  maxImages: 8,
  /** Tokens of an answer where the plugin names no number. */
  answerTokens: 1_024,
  /** What it may ask for at most: a model that repeats itself holds the owner's model until then. */
  maxAnswerTokens: 8_192,
  /**
   * What a call may cost before anyone has counted, so that calls at the same time cannot overspend. A token stands
   * for a byte at least, whatever the tokenizer; beside the text count a message's own marks, what the model's template
   * says by itself, and an image at the most that today's services count for one of this size.
   */
  messageTokens: 16,
  callTokens: 256,
  imageTokens: 8_192,
  /** What a server may have made of an answer that was stopped before it noticed. */
  stopTokens: 64,
  /** So many characters of an answer are at least one token: no language's tokens are longer on the whole. */
  maxCharsPerToken: 8,
} as const;

/** Secrets of plugins (host/broker/secrets). */
export const SECRETS = {
  /** A shorter value would be found in ordinary text, and taken out of it, all the time. */
  minValueChars: 8,
  maxValueChars: 8_192,
  /** A body that may hold a secret is whole in memory while the secret is put in or kept back. */
  maxBodyBytes: 1 * MiB,
  /** What one signature covers: it is work for the host that nothing else slows. */
  maxSignedBytes: 64 * MiB,
  /** A captured value whose lifetime nobody says. */
  captureTtlMs: 60 * 60_000,
  /** However long a server says that it lives. */
  maxCaptureTtlMs: 24 * 60 * 60_000,
  /** Captured values of one plugin at a time; a plugin could have new ones made without end. */
  capturedPerPlugin: 64,
} as const;

/** WebSocket clients (host/gateway), as OpenClaw announces them in `hello-ok.policy`. */
export const GATEWAY = {
  maxPayloadBytes: 25 * MiB,
  maxBufferedBytes: 50 * MiB,
  tickIntervalMs: 15_000,
  /** Frames before hello: nobody is authenticated yet. */
  maxHandshakeBytes: 64 * KiB,
  handshakeTimeoutMs: 15_000,
  /** Body of a plain HTTP request. */
  maxBodyBytes: 1 * MiB,
  /** One that signs in: nobody is known yet. */
  maxSignInBytes: 16 * KiB,
  /** From a body's first byte to its last, however it trickles. */
  bodyMs: 10_000,
  /** A ticket for the page lives this long and works once. */
  ticketTtlMs: 10 * 60_000,
  /** The page's cookie. */
  cookieTtlMs: 30 * 24 * 60 * 60_000,
  /** Failed sign-ins a minute before all of them wait. */
  authFailuresPerMinute: 30,
  maxMessageChars: 100_000,
  /** How long a request may wait for a run's end: one that is not there would be waited for for ever. */
  maxWaitMs: 60 * 60_000,
  maxConnections: 512,
  /** Of these, sockets that have not said hello: strangers must not take the place of clients. */
  maxWaitingConnections: 64,
  /**
   * Sockets of pages from elsewhere, which are told why they may not come in. Any page in the owner's browser may open
   * some hundred, and each may make the transport hold a whole frame.
   */
  maxForeignConnections: 4,
  /** Requests of one connection that are being answered: a flood is refused, not queued without end. */
  maxRequestsInFlight: 256,
  /** How far a device's `signedAt` may be from now: an overheard signature is soon worthless. */
  signatureAgeMs: 2 * 60_000,
  /** Tickets that wait to be used. */
  maxOpenTickets: 64,
  /** Text of a running answer is sent at once, then no more often than this. */
  deltaIntervalMs: 15,
  /** Each delta repeats all text so far; long texts are sent less often, this many characters a millisecond. */
  deltaCharsPerMs: 400,
} as const;

/** The listener itself (host/serve), before anybody knows who is there. */
export const LISTENER = {
  /** From a connection's begin, or the last answer's end, to the end of the next request's head. Bun's own is 10 s. */
  headersMs: 10_000,
  /** Open connections; those beyond are closed at once. Bun does not tell of connections: there it is the system's limit. */
  maxConnections: 768,
  /** Silence after an answer, in seconds; Bun counts in steps of 4. */
  idleSeconds: 12,
  /** For a WebSocket's polite end: a peer that answers no close frame is cut off. */
  closeMs: 5_000,
} as const;

/** HTTP requests from outside to plugins' routes (host/broker/inbound). */
export const ROUTES = {
  /** Exchanges of one plugin at once: each may hold two of its isolate's effects, and half are left to it. */
  openPerPlugin: 32,
  /** Of all plugins: a flood ends here, in an answer of a few bytes. */
  open: 128,
  /** Of one route, after a burst of so many. */
  requestsPerSecond: 100,
  burst: 200,
  /** Callers that were not who the route demands, counted apart: they must not lock out those that are. */
  failuresPerSecond: 5,
  /** Bodies that are held until their signature was checked, all together. */
  heldBytes: 16 * MiB,
  /** Silence in the middle of a request's body. */
  idleMs: 15_000,
  /** How long a body that is held may take in all: a byte now and then would hold its place for ever. */
  heldMs: 30_000,
  /** What the listener takes of one body before anybody looks: the most that a manifest can ask for. */
  maxBodyBytes: 64 * MiB,
} as const;

/** Accounts of channels and what they bring (host/delivery). */
export const ACCOUNTS = {
  /** Wait before a channel's account that ended by itself is started again; each further end doubles it. */
  firstRetryMs: 1_000,
  maxRetryMs: 60_000,
  /** An account that ran for so long starts from the first wait again. */
  stableMs: 60_000,
  /** Text of one message that a service brings. */
  maxTextChars: 128 * KiB,
  /** Events that an inbox without a store holds. */
  memoryEvents: 10_000,
} as const;

/** Calls of tools that go on after their turn (host/agent). How long each may take is its plugin's deadline. */
export const JOBS = {
  /** Of one session: each is a call in the session's isolate. */
  perSession: 4,
  /** Of all sessions. */
  atOnce: 16,
  /** A call that ends within this time is answered as any other: most refusals do. */
  soonMs: 300,
  /** Ended ones that a session can still look at; past it the oldest is forgotten. */
  keptPerSession: 16,
  /** Of all sessions: each holds up to a megabyte. */
  kept: 64,
} as const;

/** A turn (host/agent). */
export const AGENT = {
  /** Model calls in one turn: a model that calls tools for ever is stopped here. */
  maxModelCalls: 24,
  /** Messages of history that a turn loads: cost per message must not grow with history. */
  historyMessages: 120,
  /** Bytes of history, for the same reason. About 10k tokens; a model with a small context gets less. */
  historyChars: 32_000,
  /** Past this share of either, in percent, what was said before is summarised. */
  compactAtPercent: 75,
  /** What stays word for word when it is, in percent of both. */
  keepPercent: 25,
  /** Messages and characters that one summary takes in; what is older than that is left out of it. */
  compactMessages: 1_000,
  compactChars: 400_000,
  /** Tokens of a summary: it stands in every later request. */
  summaryTokens: 1_024,
  /** After a summary failed, the time until the next try: each costs a model call before the answer. */
  compactAgainMs: 5 * 60_000,
  /** Text of tool results that the model sees, shared by the calls of one answer. */
  maxToolResultChars: 20_000,
  /** A model that repeats itself for ever is stopped here: it would fill memory and database. */
  maxAnswerChars: 200_000,
  /** Times that a model may make the same calls with the same results before it is told; then once more. */
  loopRepeats: 3,
  /** Tool calls that one answer may ask for. */
  maxToolCallsPerAnswer: 16,
  /** Messages of one session that wait behind its running turn. */
  queuedPerSession: 32,
} as const;

/** The same names with other numbers, as tests and settings give them. */
export type AgentLimits = { readonly [Name in keyof typeof AGENT]: number };

/** Model servers (host/llm). */
export const MODEL = {
  /** A server that has not answered by then is asked whether it is alive at all: loading a model takes minutes. */
  connectTimeoutMs: 1_500,
  /** How long that question may take. A machine that is busy loading still answers within this. */
  aliveTimeoutMs: 3_000,
  /** Looking for servers at start must not delay it. */
  probeTimeoutMs: 500,
  /** Listing the models of a service on the internet. */
  listTimeoutMs: 3_000,
  /** Silence in the middle of an answer. Loading a large model takes its time before the first token. */
  idleTimeoutMs: 120_000,
  /** Silence of a download: a finished layer of many gigabytes is hashed without a word. */
  pullIdleTimeoutMs: 10 * 60_000,
  /** One line of a streamed answer: a broken server must not fill the memory. */
  maxLineChars: 8 * MiB,
  /** What is read of the text that comes with a refusal. */
  maxErrorChars: 2_000,
  /** Context that Ollama is asked for where memory allows: history, tools and answer fit. Its own default of 4096 cuts silently. */
  contextTokens: 16_384,
  /** What a long conversation may get however much memory there is: reading more takes minutes on a processor. */
  maxContextTokens: 32_768,
  /** With less no tool and no history fit: such a machine swaps rather than forgets. */
  minContextTokens: 4_096,
  /** Sizes between are of no use, and each new one makes the server load the model again. */
  contextStep: 1_024,
  /** Memory that the system and the owner's other programs keep; a quarter of the machine's where that is more. */
  reservedMemoryBytes: 2_048 * MiB,
  /** Bytes of text that are taken for one token where a prompt is measured: less than most languages have. */
  bytesPerToken: 3,
  /** Room for the answer that is counted beside a prompt. */
  answerRoomTokens: 2_048,
  /** What an image is counted for where a prompt is measured. */
  imageTokens: 1_024,
  /** Anthropic wants an upper bound of the answer; this is one that its current models all allow. */
  maxAnswerTokens: 8_192,
  /** Models described at the same time: a hundred installed ones must not flood the server. */
  describedInParallel: 4,
  /** Models described in one look, the newest first: looking must stay within its timeout. */
  describedAtOnce: 24,
  /** Servers are looked for at most this often, when there was none. */
  lookAgainMs: 3_000,
} as const;

/** API keys of model providers (host/llm), with OpenClaw's times. */
export const KEYS = {
  /** Rest of a key after its first failure; each further one in a row makes it five times as long. */
  restMs: 60_000,
  restGrowth: 5,
  maxRestMs: 60 * 60_000,
  /** Rest of a key whose account is out of money; each further time twice as long. */
  billingRestMs: 5 * 60 * 60_000,
  maxBillingRestMs: 24 * 60 * 60_000,
  /** Failures before this long ago no longer count. */
  forgetMs: 24 * 60 * 60_000,
} as const;

/** An author's work on a plugin (host/author). */
export const AUTHOR = {
  /** Editors write a file in several steps; this long after the first of them the folder is looked at. */
  debounceMs: 15,
  /** The folder is looked at this often without an event: the longest that a save can go unseen. */
  pollIntervalMs: 150,
  /** Bytes of one body in a recorded effect: a fixture is read by people and kept in a repository. */
  maxRecordedBytes: 4 * MiB,
} as const;

/** Plugin folders (host/registry). */
/** `openclaw skills check`, over whatever people downloaded. */
export const SKILL_CHECK = {
  /** The largest collection that is published has some ten thousand skills. */
  maxFolders: 100_000,
  /** A loop of mounts must end somewhere. */
  maxDepth: 16,
  /** What the registry reads of one. */
  maxSkillBytes: 256 * KiB,
} as const;

export const SKILL_NEEDS = {
  /** A program that is installed or goes counts after this long; a turn asks for each program of each skill. */
  programMs: 5_000,
  /** Names of programs that are remembered; skills may name what they like. */
  rememberedPrograms: 2_000,
} as const;

export const REGISTRY = {
  /** All folders are looked at again this often: events of the system come late, twice or not at all. */
  pollIntervalMs: 1_000,
  /** Events come in bursts; this long after the first of them the folders are looked at. */
  debounceMs: 50,
  /** A folder is read once its files have been still for this long: half-copied folders never load. */
  settleMs: 300,
  maxSourceBytes: 16 * MiB,
  maxSkillBytes: 256 * KiB,
  maxFiles: 2_000,
  /** Reads of a plugin's `configSchema` while its settings are checked: some 10,000 steps, far below a second. */
  maxSchemaReads: 500_000,
  /** The same for one with regular expressions, which an isolate tries, without a pause. */
  settingsSliceMs: 500,
  /** A bundle's source map, which is decoded whole when a line of a crash is named. Past it, none is. */
  maxMapBytes: 12 * MiB,
  /** Places in it: decoding and sorting half a million takes a fraction of a second. A large channel has 200,000. */
  maxMapSegments: 500_000,
  /** Folders that are looked at in one root, again each second: a plugin that writes there could make millions. */
  maxRootFolders: 5_000,
  /** Folders below a plugin's folder. A loop of mounts must end somewhere. */
  maxDepth: 16,
  /** An archive and what it unpacks to: a few kilobytes can unpack to a full disk. */
  maxArchiveBytes: 64 * MiB,
  maxInstallBytes: 256 * MiB,
  maxInstallFiles: 20_000,
  /** Looking at what a plugin defines runs its top level; it has no rights and no reason to take long. */
  describeDeadlineMs: 10_000,
  /** What a manifest may ask for at most: beyond, one plugin takes the machine from the others. */
  maxHeapMiB: 256,
  maxDeadlineMs: 10 * 60_000,
  /** New plugins that are bundled and described at the same time. */
  loadsAtOnce: 4,
  /** A plugin that could not be described for want of a sandbox is tried again after this long. */
  retryMs: 15_000,
  /** The bundler is a process of its own; it ends when nothing was bundled for this long. */
  bundlerIdleMs: 5_000,
} as const;
