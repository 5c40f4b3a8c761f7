/** matrix-js-sdk with its encryption: the device's keys are made once and found again after a restart. */
import { createClient } from "matrix-js-sdk";
import { defineTool } from "openclaw/sdk";
import { openIndexedDb } from "./persistent-indexeddb.ts";

/** As matrix-js-sdk calls them by its prefix. */
const PREFIX = "bot";
const DATABASES = [`${PREFIX}::matrix-sdk-crypto`, `${PREFIX}::matrix-sdk-crypto-meta`];

export default defineTool({
  name: "try",
  description: "Makes or finds the device's keys",
  parameters: { type: "object", properties: { host: { type: "string" } }, required: ["host"] },
  async execute({ host }, ctx) {
    await openIndexedDb(ctx.storage, DATABASES);
    const client = createClient({
      baseUrl: `http://${host}`,
      accessToken: "token",
      userId: "@bot:hs",
      deviceId: "D",
    });
    await client.initRustCrypto({ useIndexedDB: true, cryptoDatabasePrefix: PREFIX });
    const crypto = client.getCrypto();
    const keys = await crypto?.getOwnDeviceKeys();
    const found = (await indexedDB.databases()).map(({ name }) => name).sort();
    return JSON.stringify({ ...keys, version: crypto?.getVersion(), found });
  },
});
