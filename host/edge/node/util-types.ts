/** `node:util/types`: what a value is, by its brand. `isProxy` and `isExternal` cannot be known here and are false. */

const { toString } = Object.prototype;
const typeName = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)?.get as () => string | undefined;

/** A method that throws on everything but the brand tells it apart whatever the value says of itself. */
function branded(method: unknown, ...args: unknown[]): (value: unknown) => boolean {
  return (value) => {
    try {
      Reflect.apply(method as () => unknown, value, args);
      return true;
    } catch {
      return false;
    }
  };
}

function getter(prototype: object, name: string): unknown {
  return Object.getOwnPropertyDescriptor(prototype, name)?.get;
}

const tagged = (...tags: string[]) => {
  const wanted = new Set(tags.map((tag) => `[object ${tag}]`));
  return (value: unknown) => wanted.has(toString.call(value));
};
const typed = (name?: string) => (value: unknown) => {
  if (!ArrayBuffer.isView(value)) return false;
  const found = typeName.call(value);
  return name === undefined ? found !== undefined : found === name;
};
/** `at` past the end reads nothing and checks the brand all the same. */
const isArrayBuffer = branded(getter(ArrayBuffer.prototype, "byteLength"));
const isNumberObject = (value: unknown) =>
  typeof value === "object" && branded(Number.prototype.valueOf)(value);
const isStringObject = (value: unknown) =>
  typeof value === "object" && branded(String.prototype.valueOf)(value);
const isBooleanObject = (value: unknown) =>
  typeof value === "object" && branded(Boolean.prototype.valueOf)(value);
const isBigIntObject = (value: unknown) =>
  typeof value === "object" && branded(BigInt.prototype.valueOf)(value);
const isSymbolObject = (value: unknown) =>
  typeof value === "object" && branded(Symbol.prototype.valueOf)(value);
const boxes = [isNumberObject, isStringObject, isBooleanObject, isBigIntObject, isSymbolObject];
const never = () => false;

export default {
  isAnyArrayBuffer: isArrayBuffer,
  isArgumentsObject: tagged("Arguments"),
  isArrayBuffer,
  isArrayBufferView: ArrayBuffer.isView,
  isAsyncFunction: tagged("AsyncFunction", "AsyncGeneratorFunction"),
  isBigInt64Array: typed("BigInt64Array"),
  isBigIntObject,
  isBigUint64Array: typed("BigUint64Array"),
  isBooleanObject,
  isBoxedPrimitive: (value: unknown) => boxes.some((isBox) => isBox(value)),
  isCryptoKey: tagged("CryptoKey"),
  isDataView: branded(getter(DataView.prototype, "byteLength")),
  isDate: branded(Date.prototype.getTime),
  isEventTarget: (value: unknown) => value instanceof EventTarget,
  isExternal: never,
  isFloat16Array: typed("Float16Array"),
  isFloat32Array: typed("Float32Array"),
  isFloat64Array: typed("Float64Array"),
  isGeneratorFunction: tagged("GeneratorFunction", "AsyncGeneratorFunction"),
  isGeneratorObject: tagged("Generator", "AsyncGenerator"),
  isInt16Array: typed("Int16Array"),
  isInt32Array: typed("Int32Array"),
  isInt8Array: typed("Int8Array"),
  isKeyObject: (value: unknown) =>
    (value as { constructor?: { name?: string } } | null)?.constructor?.name === "KeyObject",
  isMap: branded(Map.prototype.has),
  isMapIterator: tagged("Map Iterator"),
  isModuleNamespaceObject: tagged("Module"),
  isNativeError: (value: unknown) =>
    (Error as unknown as { isError(value: unknown): boolean }).isError(value),
  isNumberObject,
  isPromise: (value: unknown) => value instanceof Promise,
  isProxy: never,
  isRegExp: branded(getter(RegExp.prototype, "source")),
  isSet: branded(Set.prototype.has),
  isSetIterator: tagged("Set Iterator"),
  isSharedArrayBuffer: never,
  isStringObject,
  isSymbolObject,
  isTypedArray: typed(),
  isUint16Array: typed("Uint16Array"),
  isUint32Array: typed("Uint32Array"),
  isUint8Array: typed("Uint8Array"),
  isUint8ClampedArray: typed("Uint8ClampedArray"),
  isWeakMap: branded(WeakMap.prototype.has),
  isWeakSet: branded(WeakSet.prototype.has),
};
