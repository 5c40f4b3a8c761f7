/**
 * The edge runtime: what the code inside an isolate finds there.
 *
 * Evaluated once, when the snapshot is made; every isolate starts from that snapshot. Leaves the globals of
 * WinterTC's minimum that the house has so far, and `__edgeBoot`, which the child takes away before any plugin
 * code runs.
 */
import "./standard-globals.ts";
import "./native-access.ts";
import { FormData, Headers, Request, Response } from "./fetch-classes.ts";
import { boot } from "./boot.ts";
import { console } from "./console.ts";
import { CompressionStream, DecompressionStream } from "./compression-streams.ts";
import { Crypto, crypto } from "./crypto.ts";
import { CryptoKey } from "./crypto-key.ts";
import { SubtleCrypto } from "./crypto-subtle.ts";
import { defineGlobals } from "./define-globals.ts";
import { testingAccess } from "./dispatch.ts";
import { fetch } from "./fetch.ts";
import { makeGlobalTarget, reportError } from "./global-events.ts";
import { Navigator, navigator, Performance, performance, queueMicrotask } from "./small-globals.ts";
import { URLPattern } from "./url-pattern.ts";
import { WebSocket } from "./websocket.ts";
import { TESTING_ACCESS } from "#host/sdk/testing-access.ts";
import { PerformanceEntry, PerformanceMark, PerformanceMeasure } from "./user-timing.ts";
import { clearInterval, clearTimeout, setInterval, setTimeout } from "./timers.ts";

makeGlobalTarget();
Object.defineProperty(globalThis, TESTING_ACCESS, { value: testingAccess });
defineGlobals({
  CompressionStream,
  Crypto,
  CryptoKey,
  PerformanceEntry,
  PerformanceMark,
  PerformanceMeasure,
  DecompressionStream,
  FormData,
  Headers,
  Navigator,
  Performance,
  Request,
  Response,
  SubtleCrypto,
  URLPattern,
  WebSocket,
  clearInterval,
  clearTimeout,
  console,
  crypto,
  fetch,
  navigator,
  performance,
  queueMicrotask,
  reportError,
  setInterval,
  setTimeout,
  __edgeBoot: boot,
});
