/** Web IDL, section 2.8: DOMException. */
import { is, ok, same, throws, untyped } from "../assertions.ts";
import { test } from "../harness.ts";

test("message and name have their defaults", () => {
  const plain = new DOMException();
  same([plain.message, plain.name, plain.code], ["", "Error", 0]);
  const named = new DOMException("m", "NotFoundError");
  same([named.message, named.name, named.code, String(named)], ["m", "NotFoundError", 8, "NotFoundError: m"]);
  same(
    [new DOMException(untyped(null)).message, new DOMException("m", untyped(undefined)).name],
    ["null", "Error"],
  );
});

test("it is an Error with a stack, and tags itself", () => {
  const error = new DOMException("m", "AbortError");
  ok(error instanceof Error && error instanceof DOMException);
  is(Object.prototype.toString.call(error), "[object DOMException]");
  same(
    ["name", "message", "code"].filter((key) => Object.hasOwn(error, key)),
    [],
  );
  is(typeof Reflect.get(error, "stack"), "string");
});

for (const [name, code, constant] of [
  ["IndexSizeError", 1, "INDEX_SIZE_ERR"],
  ["HierarchyRequestError", 3, "HIERARCHY_REQUEST_ERR"],
  ["WrongDocumentError", 4, "WRONG_DOCUMENT_ERR"],
  ["InvalidCharacterError", 5, "INVALID_CHARACTER_ERR"],
  ["NoModificationAllowedError", 7, "NO_MODIFICATION_ALLOWED_ERR"],
  ["NotFoundError", 8, "NOT_FOUND_ERR"],
  ["NotSupportedError", 9, "NOT_SUPPORTED_ERR"],
  ["InUseAttributeError", 10, "INUSE_ATTRIBUTE_ERR"],
  ["InvalidStateError", 11, "INVALID_STATE_ERR"],
  ["SyntaxError", 12, "SYNTAX_ERR"],
  ["InvalidModificationError", 13, "INVALID_MODIFICATION_ERR"],
  ["NamespaceError", 14, "NAMESPACE_ERR"],
  ["InvalidAccessError", 15, "INVALID_ACCESS_ERR"],
  ["TypeMismatchError", 17, "TYPE_MISMATCH_ERR"],
  ["SecurityError", 18, "SECURITY_ERR"],
  ["NetworkError", 19, "NETWORK_ERR"],
  ["AbortError", 20, "ABORT_ERR"],
  ["URLMismatchError", 21, "URL_MISMATCH_ERR"],
  ["TimeoutError", 23, "TIMEOUT_ERR"],
  ["InvalidNodeTypeError", 24, "INVALID_NODE_TYPE_ERR"],
  ["DataCloneError", 25, "DATA_CLONE_ERR"],
] as const) {
  test(`${name} has the code ${code}`, () => {
    is(new DOMException("", name).code, code);
    same([Reflect.get(DOMException, constant), Reflect.get(DOMException.prototype, constant)], [code, code]);
    const property = Object.getOwnPropertyDescriptor(DOMException, constant);
    same([property?.writable, property?.enumerable, property?.configurable], [false, true, false]);
  });
}

test("names without a legacy code have none", () => {
  for (const name of ["EncodingError", "NotReadableError", "OperationError", "OptOutError", "nonsense"]) {
    is(new DOMException("", name).code, 0);
  }
});

test("its getters refuse other objects", () => {
  for (const key of ["name", "message", "code"]) {
    const getter = Object.getOwnPropertyDescriptor(DOMException.prototype, key)?.get as () => unknown;
    throws(TypeError, () => getter.call({}));
  }
});

test("QuotaExceededError is a class of its own, with what was asked for", () => {
  const Kind = Reflect.get(globalThis, "QuotaExceededError") as new (
    message?: string,
    options?: object,
  ) => DOMException & { quota: number | null; requested: number | null };
  const plain = new Kind();
  same(
    [plain.name, plain.message, plain.code, plain.quota, plain.requested],
    ["QuotaExceededError", "", 22, null, null],
  );
  is(plain instanceof DOMException, true);
  const told = new Kind("too much", { quota: 1, requested: 2 });
  same([told.message, told.quota, told.requested], ["too much", 1, 2]);
  throws(RangeError, () => new Kind("", { quota: -1 }));
  throws(RangeError, () => new Kind("", { quota: 2, requested: 1 }));
  throws(TypeError, () => new Kind("", { quota: NaN }));
  const error = throws("QuotaExceededError", () => crypto.getRandomValues(new Uint8Array(65_537)));
  is(error instanceof Kind, true);
  is(structuredClone(told).name, "QuotaExceededError");
});
