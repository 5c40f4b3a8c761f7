/**
 * What becomes of a message that comes while its session is being answered (`messages.queue`), in OpenClaw's words.
 *
 * `steer`: the running turn takes it before its next model call; `followup`: a turn of its own afterwards; `collect`:
 * all that wait become one turn; `interrupt`: the running turn is stopped for it. A message that a turn did not come
 * to take is answered afterwards.
 */
export const QUEUE_MODES = ["steer", "followup", "collect", "interrupt"] as const;
export type QueueMode = (typeof QUEUE_MODES)[number];

/**
 * Where more would wait than may. `new`: the new message is refused. `old`: the oldest that waits is given up, which
 * its end says. `summarize`: the oldest is answered together with the one behind it, cut to its beginning.
 */
export const QUEUE_DROPS = ["old", "new", "summarize"] as const;
export type QueueDrop = (typeof QUEUE_DROPS)[number];

export interface QueueSettings {
  readonly mode: QueueMode;
  readonly byChannel: Readonly<Record<string, QueueMode>>;
  /** Quiet time before messages that waited are answered, so that those of a burst are together. */
  readonly debounceMs: number;
  /** Messages of a session that may wait. */
  readonly cap: number;
  readonly drop: QueueDrop;
}
