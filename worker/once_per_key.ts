/**
 * What is made once for each object.
 *
 * @module
 */

/** Makes a function that calls another one once for each object, for as long as that is in use. */
export function oncePerKey<Key extends WeakKey, Value extends object>(
  make: (key: Key) => Value,
): (key: Key) => Value {
  const made = new WeakMap<Key, Value>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const value = make(key);
    made.set(key, value);
    return value;
  };
}
