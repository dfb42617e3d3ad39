/** Replaces a property, and returns a function that restores the old one, once. */
export function replace(target: object, name: string, descriptor: PropertyDescriptor): () => void {
  const old = Object.getOwnPropertyDescriptor(target, name);
  let isReplaced = true;
  Object.defineProperty(target, name, { configurable: true, ...descriptor });
  return () => {
    if (!isReplaced) return;
    isReplaced = false;
    if (old === undefined) Reflect.deleteProperty(target, name);
    else Object.defineProperty(target, name, old);
  };
}
