/**
 * isolated-vm, loaded from its binary by path.
 *
 * Its own loader searches the disk for a build that fits, which a process without file rights cannot do. The
 * host knows which binary fits and passes its path.
 */
import type ivm from "isolated-vm";

export type IsolatedVm = typeof ivm;

export function loadIsolatedVm(addonPath: string): IsolatedVm {
  const addon: { exports: { ivm?: IsolatedVm } } = { exports: {} };
  process.dlopen(addon, addonPath);
  if (addon.exports.ivm === undefined) throw new Error(`Cannot use "${addonPath}": it is not isolated-vm`);
  return addon.exports.ivm;
}
