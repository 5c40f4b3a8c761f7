/**
 * One job of a session at a time, in the order in which they came; sessions side by side.
 *
 * A session without jobs costs nothing. How many may wait is for the caller to say.
 */
export type Job = () => Promise<void>;

export interface SessionQueue {
  /** Starts the job, or puts it behind the running one: last, or before all that wait. Jobs must not reject. */
  add(session: string, job: Job, place?: "last" | "first"): "started" | "waiting";
  /** Takes a job back that has not started; false if it has. */
  remove(session: string, job: Job): boolean;
}

export function createSessionQueue(): SessionQueue {
  /** Jobs behind the running one. A session stands here while one runs. */
  const waiting = new Map<string, Job[]>();

  const work = async (session: string, first: Job): Promise<void> => {
    for (let job: Job | undefined = first; job !== undefined; job = waiting.get(session)?.shift())
      await job();
    waiting.delete(session);
  };

  return {
    add(session, job, place = "last") {
      const line = waiting.get(session);
      if (line === undefined) {
        waiting.set(session, []);
        void work(session, job);
        return "started";
      }
      if (place === "first") line.unshift(job);
      else line.push(job);
      return "waiting";
    },
    remove(session, job) {
      const line = waiting.get(session) ?? [];
      const at = line.indexOf(job);
      if (at === -1) return false;
      line.splice(at, 1);
      return true;
    },
  };
}
