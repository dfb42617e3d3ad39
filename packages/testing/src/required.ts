/** Whether `name` must not be skipped on this machine: it is one of the words of the environment variable CNNVIZ_REQUIRE. */
export function isRequired(name: string, required: string = requiredHere()): boolean {
  return required.split(/[\s,]+/).includes(name);
}

/** A browser has no environment; vitest.config.ts writes its part into the source. */
function requiredHere(): string {
  const words = typeof window === 'undefined' ? process.env.CNNVIZ_REQUIRE : process.env.CNNVIZ_REQUIRE_IN_BROWSER;
  return words ?? '';
}
