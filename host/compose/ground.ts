/** What every room stands on: time, the state folder, the configuration, the log, the store. */
import type { Clock } from "#host/base/clock.ts";
import type { Log } from "#host/base/log.ts";
import type { Environment } from "#host/config/environment.ts";
import type { ConfigSource } from "#host/config/load.ts";
import type { StatePaths } from "#host/config/state.ts";
import type { Store } from "#host/store/open.ts";

export interface Ground {
  readonly environment: Environment;
  readonly clock: Clock;
  readonly paths: StatePaths;
  readonly config: ConfigSource;
  readonly log: Log;
  readonly store: Store;
}
