/** `DOMException` (Web IDL, section 2.8), with its names, their legacy codes and the constants for them. */
import { defineConstants, dictionary, domString, shape } from "./web-idl.ts";

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

/** Its own class since 2025 (Web IDL, section 2.8.2); what it tells of the quota is null where it is not said. */
export class QuotaExceededError extends DOMException {
  readonly #quota: number | null;
  readonly #requested: number | null;

  constructor(message: unknown = "", options: unknown = undefined) {
    super(message, "QuotaExceededError");
    const { quota, requested } = dictionary(options, "the constructor of QuotaExceededError");
    this.#quota = amount(quota, "quota");
    this.#requested = amount(requested, "requested");
    if (this.#quota !== null && this.#requested !== null && this.#requested < this.#quota) {
      throw new RangeError("Cannot make a QuotaExceededError: less was requested than the quota");
    }
  }

  get quota(): number | null {
    return this.#quota;
  }

  get requested(): number | null {
    return this.#requested;
  }
}

function amount(value: unknown, name: string): number | null {
  if (value === undefined) return null;
  const number = Number(value);
  if (!Number.isFinite(number)) throw new TypeError(`Cannot take ${name}: it is not a finite number`);
  if (number < 0) throw new RangeError(`Cannot take ${name}: it is less than zero`);
  return number;
}

export function isDomException(value: unknown): value is DOMException {
  return typeof value === "object" && value !== null && isOne(value);
}

shape("DOMException", DOMException);
shape("QuotaExceededError", QuotaExceededError);
defineConstants(DOMException, Object.fromEntries(CODES.map(([constant], index) => [constant, index + 1])));
Object.setPrototypeOf(DOMException.prototype, Error.prototype);
