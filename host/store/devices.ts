/**
 * Paired devices and the page's cookies (`DevicesPort` of host/gateway). Tokens and cookies arrive hashed:
 * whoever reads the file can sign in as nobody.
 */
import { and, desc, eq, gt, lte } from "drizzle-orm";
import { cookies, devices } from "#drizzle/sqlite/schema.ts";
import type { PairedDevice } from "#host/base/device.ts";
import { type Database, parseColumn } from "./database.ts";

export interface Devices {
  find(deviceId: string): Promise<PairedDevice | null>;
  /** Replaces the device of this id. */
  save(device: PairedDevice): Promise<void>;
  /** Last seen first. */
  list(): Promise<readonly PairedDevice[]>;
  saveCookie(hash: string, expiresAt: number): Promise<void>;
  cookieIsValid(hash: string, now: number): Promise<boolean>;
  /** Signs the page out; false if the cookie was not known. */
  removeCookie(hash: string): Promise<boolean>;
  /** Deletes cookies whose time is over; answers how many. Called at start. */
  dropExpiredCookies(now: number): Promise<number>;
}

export function createDevices(db: Database): Devices {
  return {
    async find(deviceId) {
      const row = db.select().from(devices).where(eq(devices.deviceId, deviceId)).get();
      return row === undefined ? null : fromRow(row);
    },

    async save(device) {
      const row = { ...device, scopes: JSON.stringify(device.scopes) };
      db.insert(devices).values(row).onConflictDoUpdate({ target: devices.deviceId, set: row }).run();
    },

    async list() {
      return db.select().from(devices).orderBy(desc(devices.lastSeenAt)).all().map(fromRow);
    },

    async saveCookie(hash, expiresAt) {
      const row = { hash, expiresAt };
      db.insert(cookies).values(row).onConflictDoUpdate({ target: cookies.hash, set: row }).run();
    },

    async cookieIsValid(hash, now) {
      const living = and(eq(cookies.hash, hash), gt(cookies.expiresAt, now));
      return db.select({ hash: cookies.hash }).from(cookies).where(living).get() !== undefined;
    },

    async removeCookie(hash) {
      return Number(db.delete(cookies).where(eq(cookies.hash, hash)).run().changes) > 0;
    },

    async dropExpiredCookies(now) {
      return Number(db.delete(cookies).where(lte(cookies.expiresAt, now)).run().changes);
    },
  };
}

function fromRow(row: typeof devices.$inferSelect): PairedDevice {
  return { ...row, scopes: parseColumn<string[]>(row.scopes, `device "${row.deviceId}"`) };
}
