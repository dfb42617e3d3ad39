/** An error's message, including errors of another realm and the plain objects with which tfjs rejects. */
export function messageOf(error: unknown): string {
  const message = (error as { message?: unknown } | null | undefined)?.message;
  return typeof message === 'string' ? message : String(error);
}
