/** Whether `name` must not be skipped on this machine, because the environment variable `CNNVIZ_REQUIRE` lists it. */
export function isRequired(name: string, required: string = requiredHere()): boolean {
  return required.split(/[\s,]+/).includes(name);
}

/** A browser has no environment; vitest.config.ts writes the value into the source. */
function requiredHere(): string {
  const words = typeof window === 'undefined' ? process.env.CNNVIZ_REQUIRE : process.env.CNNVIZ_REQUIRE_IN_BROWSER;
  return words ?? '';
}
