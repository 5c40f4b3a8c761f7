/** `DOMException` (Web IDL, section 2.8), with its names, their legacy codes and the constants for them. */
import { defineConstants, domString, shape } from "./web-idl.ts";

/** The place of a constant is its code, from 1. Its error's name is given where it has one. */
const CODES: readonly (readonly [constant: string, name?: string])[] = [
  ["INDEX_SIZE_ERR", "IndexSizeError"],
  ["DOMSTRING_SIZE_ERR"],
  ["HIERARCHY_REQUEST_ERR", "HierarchyRequestError"],
  ["WRONG_DOCUMENT_ERR", "WrongDocumentError"],
  ["INVALID_CHARACTER_ERR", "InvalidCharacterError"],
  ["NO_DATA_ALLOWED_ERR"],
  ["NO_MODIFICATION_ALLOWED_ERR", "NoModificationAllowedError"],
  ["NOT_FOUND_ERR", "NotFoundError"],
  ["NOT_SUPPORTED_ERR", "NotSupportedError"],
  ["INUSE_ATTRIBUTE_ERR", "InUseAttributeError"],
  ["INVALID_STATE_ERR", "InvalidStateError"],
  ["SYNTAX_ERR", "SyntaxError"],
  ["INVALID_MODIFICATION_ERR", "InvalidModificationError"],
  ["NAMESPACE_ERR", "NamespaceError"],
  ["INVALID_ACCESS_ERR", "InvalidAccessError"],
  ["VALIDATION_ERR"],
  ["TYPE_MISMATCH_ERR", "TypeMismatchError"],
  ["SECURITY_ERR", "SecurityError"],
  ["NETWORK_ERR", "NetworkError"],
  ["ABORT_ERR", "AbortError"],
  ["URL_MISMATCH_ERR", "URLMismatchError"],
  ["QUOTA_EXCEEDED_ERR", "QuotaExceededError"],
  ["TIMEOUT_ERR", "TimeoutError"],
  ["INVALID_NODE_TYPE_ERR", "InvalidNodeTypeError"],
  ["DATA_CLONE_ERR", "DataCloneError"],
];

const codes = new Map(CODES.map(([, name], index) => [name, index + 1]));
const captureStackTrace = (Error as { captureStackTrace?: (target: object, above: unknown) => void })
  .captureStackTrace;

let isOne: (value: object) => boolean;

export class DOMException {
  readonly #name: string;
  readonly #message: string;

  static {
    isOne = (value) => #name in value;
  }

  /** `name`, or an object with `name` and `cause` as Node takes it. */
  constructor(message: unknown = "", name: unknown = "Error") {
    this.#message = domString(message);
    const isOptions = typeof name === "object" && name !== null;
    this.#name = domString(isOptions ? ((name as { name?: unknown }).name ?? "Error") : name);
    if (isOptions && "cause" in name) {
      Object.defineProperty(this, "cause", { value: name.cause, writable: true, configurable: true });
    }
    captureStackTrace?.(this, DOMException);
  }

  get name(): string {
    return this.#name;
  }

  get message(): string {
    return this.#message;
  }

  get code(): number {
    return codes.get(this.#name) ?? 0;
  }
}

export function isDomException(value: unknown): value is DOMException {
  return typeof value === "object" && value !== null && isOne(value);
}

shape("DOMException", DOMException);
defineConstants(DOMException, Object.fromEntries(CODES.map(([constant], index) => [constant, index + 1])));
Object.setPrototypeOf(DOMException.prototype, Error.prototype);
