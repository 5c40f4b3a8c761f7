/** How the interfaces stand there: Web IDL, section 3.7, for each interface of the minimum. */
import { is, ok, same, throws } from "../assertions.ts";
import { test } from "../harness.ts";
import { GLOBALS, INTERFACES, type Interface } from "../interfaces.ts";

type Class = (new () => object) & { readonly prototype: object };

const classOf = (name: string) => Reflect.get(globalThis, name) as Class;
const propertyOf = (target: object, name: PropertyKey) => Object.getOwnPropertyDescriptor(target, name);

for (const one of INTERFACES) {
  test(`${one.name} is a global that is not listed, with its name, length and tag`, () => checkClass(one));
  test(`${one.name} inherits as its standard says`, () => checkParent(one));
  if (one.constructorLength === null) {
    test(`${one.name} cannot be constructed`, () => void throws(TypeError, () => new (classOf(one.name))()));
  }
  for (const [name, length] of Object.entries(one.methods ?? {})) {
    test(`${one.name}.${name} is a method of its prototype`, () =>
      checkMethod(classOf(one.name).prototype, name, length));
  }
  for (const [name, length] of Object.entries(one.statics ?? {})) {
    test(`${one.name}.${name} is static`, () => checkMethod(classOf(one.name), name, length));
  }
  for (const name of one.attributes ?? []) {
    test(`${one.name}.${name} is an accessor of its prototype`, () => checkAttribute(one.name, name));
  }
}

for (const [name, length] of Object.entries(GLOBALS)) {
  test(`${name} is there`, () => {
    ok(name in globalThis, name);
    if (length === null) return;
    const callable = Reflect.get(globalThis, name) as (...args: unknown[]) => unknown;
    same([callable.name, callable.length], [name, length]);
  });
}

function checkClass({ name, constructorLength }: Interface): void {
  const property = propertyOf(globalThis, name);
  same(
    [property?.enumerable, property?.configurable, property?.writable],
    [false, true, true],
    "enumerable, configurable, writable",
  );
  const target = classOf(name);
  same([target.name, target.length], [name, constructorLength ?? 0], "name and length");
  same(propertyOf(target, "prototype")?.writable, false, "prototype's writable");
  is(target.prototype.constructor, target, "prototype.constructor");
  const tag = propertyOf(target.prototype, Symbol.toStringTag);
  same(
    [tag?.value, tag?.writable, tag?.enumerable, tag?.configurable],
    [name, false, false, true],
    "the tag",
  );
  throws(TypeError, () => Reflect.apply(target as never, undefined, []));
}

function checkParent({ name, parent }: Interface): void {
  const target = classOf(name);
  if (parent === undefined) {
    is(Object.getPrototypeOf(target), Function.prototype, "the class's prototype");
    const expected = name === "DOMException" ? Error.prototype : Object.prototype;
    is(Object.getPrototypeOf(target.prototype), expected, "the prototype's prototype");
    return;
  }
  is(Object.getPrototypeOf(target), classOf(parent), "the class's prototype");
  is(Object.getPrototypeOf(target.prototype), classOf(parent).prototype, "the prototype's prototype");
}

function checkMethod(target: object, name: string, length: number): void {
  const property = propertyOf(target, name);
  same(
    [property?.enumerable, property?.configurable, property?.writable],
    [true, true, true],
    "enumerable, configurable, writable",
  );
  const method = property?.value as (...args: unknown[]) => unknown;
  same([typeof method, method.name, method.length], ["function", name, length], "type, name and length");
}

function checkAttribute(name: string, attribute: string): void {
  const { prototype } = classOf(name);
  const property = propertyOf(prototype, attribute);
  same([property?.enumerable, property?.configurable], [true, true], "enumerable and configurable");
  is(typeof property?.get, "function", "the getter");
  is(property?.get?.name, `get ${attribute}`, "the getter's name");
  if (PROMISES.includes(attribute)) return;
  throws(TypeError, () => Reflect.apply(property?.get as () => unknown, {}, []));
}

/** A getter of a promise rejects in place of throwing. */
const PROMISES = ["closed", "ready"];
