/** A few names, those first that have something in common with the one that is missing. */
export function nearby(names: readonly string[], wanted: string): string {
  const [short] = wanted.split('/').slice(-1);
  const alike = names.filter((name) => name.includes(short!) || wanted.includes(name));
  const shown = [...new Set([...alike, ...names])].slice(0, 12).join(', ');
  return names.length <= 12 ? shown : `${shown}, … (${names.length})`;
}
