/** Whether `name` must not be skipped on this machine: it is one of the words of the environment variable CNNVIZ_REQUIRE. */
export function isRequired(name: string, required: string = process.env.CNNVIZ_REQUIRE ?? ''): boolean {
  return required.split(/[\s,]+/).includes(name);
}
