/** `node:perf_hooks`: the isolate's own `performance`. Not there: histograms, the event loop's delay. */
import { absent } from "./absent.ts";

const noLoop = "it has no event loop of its own";

export default {
  performance: globalThis.performance,
  PerformanceObserver: globalThis.PerformanceObserver ?? absent("PerformanceObserver", "it is not there"),
  constants: {},
  createHistogram: absent("perf_hooks.createHistogram", "it is not there"),
  eventLoopUtilization: () => ({ idle: 0, active: 0, utilization: 0 }),
  monitorEventLoopDelay: absent("perf_hooks.monitorEventLoopDelay", noLoop),
};
