/**
 * The assertions of `@std/assert` that the tests use, for machines that reach npm but not JSR: the
 * real code, from the npm package `deno-std`, with the types that package lacks.
 *
 * @module
 */
import * as std from "deno-std/assert/mod.js";

// deno-lint-ignore no-explicit-any
type ErrorClass<E extends Error = Error> = abstract new (...args: any[]) => E;

interface Assertions {
  assert(condition: unknown, message?: string): asserts condition;
  assertEquals<T>(actual: T, expected: T, message?: string): void;
  assertNotEquals<T>(actual: T, expected: T, message?: string): void;
  assertExists<T>(actual: T, message?: string): asserts actual is NonNullable<T>;
  assertFalse(condition: unknown, message?: string): asserts condition is false;
  assertGreater<T>(actual: T, low: T, message?: string): void;
  assertGreaterOrEqual<T>(actual: T, low: T, message?: string): void;
  assertLess<T>(actual: T, high: T, message?: string): void;
  assertLessOrEqual<T>(actual: T, high: T, message?: string): void;
  assertInstanceOf<E>(
    actual: unknown,
    // deno-lint-ignore no-explicit-any
    type: abstract new (...args: any[]) => E,
    message?: string,
  ): asserts actual is E;
  assertMatch(actual: string, expected: RegExp, message?: string): void;
  assertNotMatch(actual: string, expected: RegExp, message?: string): void;
  assertObjectMatch(
    // deno-lint-ignore no-explicit-any
    actual: Record<PropertyKey, any>,
    expected: Record<PropertyKey, unknown>,
    message?: string,
  ): void;
  assertRejects<E extends Error = Error>(
    fn: () => PromiseLike<unknown>,
    type?: ErrorClass<E>,
    includes?: string,
    message?: string,
  ): Promise<E>;
  assertStrictEquals<T>(actual: unknown, expected: T, message?: string): asserts actual is T;
  assertStringIncludes(actual: string, expected: string, message?: string): void;
  assertThrows<E extends Error = Error>(
    fn: () => unknown,
    type?: ErrorClass<E>,
    includes?: string,
    message?: string,
  ): E;
  fail(message?: string): never;
}

const assertions = std as unknown as Assertions;

export const assert: Assertions["assert"] = assertions.assert;
export const assertEquals: Assertions["assertEquals"] = assertions.assertEquals;
export const assertNotEquals: Assertions["assertNotEquals"] = assertions.assertNotEquals;
export const assertExists: Assertions["assertExists"] = assertions.assertExists;
export const assertFalse: Assertions["assertFalse"] = assertions.assertFalse;
export const assertGreater: Assertions["assertGreater"] = assertions.assertGreater;
export const assertGreaterOrEqual: Assertions["assertGreaterOrEqual"] =
  assertions.assertGreaterOrEqual;
export const assertLess: Assertions["assertLess"] = assertions.assertLess;
export const assertLessOrEqual: Assertions["assertLessOrEqual"] = assertions.assertLessOrEqual;
export const assertInstanceOf: Assertions["assertInstanceOf"] = assertions.assertInstanceOf;
export const assertMatch: Assertions["assertMatch"] = assertions.assertMatch;
export const assertNotMatch: Assertions["assertNotMatch"] = assertions.assertNotMatch;
export const assertObjectMatch: Assertions["assertObjectMatch"] = assertions.assertObjectMatch;
export const assertRejects: Assertions["assertRejects"] = assertions.assertRejects;
export const assertStrictEquals: Assertions["assertStrictEquals"] = assertions.assertStrictEquals;
export const assertStringIncludes: Assertions["assertStringIncludes"] =
  assertions.assertStringIncludes;
export const assertThrows: Assertions["assertThrows"] = assertions.assertThrows;
export const fail: Assertions["fail"] = assertions.fail;
