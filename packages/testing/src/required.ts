/** What must not be skipped on this machine: the words of the environment variable CNNVIZ_REQUIRE. */
export function isRequired(name: string, environment: Record<string, string | undefined> = process.env): boolean {
  return (environment.CNNVIZ_REQUIRE ?? '').split(/[\s,]+/).includes(name);
}
