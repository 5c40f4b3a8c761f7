/**
 * A program for the crash test: opens the store at argv[2] and appends numbered messages without end. Each
 * number is written to stdout once its append has resolved.
 */
import { writeSync } from "node:fs";
import { systemClock } from "#host/base/clock.ts";
import { openAt } from "./temporary-store.fixture.ts";
import { createTranscript } from "./transcript.ts";

const transcript = createTranscript((await openAt(process.argv[2] ?? "")).db, systemClock);
const { sessionId } = await transcript.open("agent:main:main", "main");
for (let number = 1; ; number++) {
  const message = { role: "user", content: `message ${number}`, timestamp: number } as const;
  const { seq } = await transcript.append(sessionId, message, { runId: `run-${number}` });
  writeSync(1, `${seq}\n`);
}
