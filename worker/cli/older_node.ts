/**
 * What Node 20 lacks of the language: the command line runs what was written for the Worker.
 *
 * @module
 */

if (!Reflect.has(Map, "groupBy")) {
  Object.defineProperty(Map, "groupBy", { value: groupBy, writable: true, configurable: true });
}

function groupBy<K, T>(items: Iterable<T>, keyOf: (item: T, at: number) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  let at = 0;
  for (const item of items) {
    const key = keyOf(item, at++);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
