/**
 * The same model, answering one turn of the event loop later, as a server would.
 *
 * @param failsAt Number of the call to reject, from 1. Default: none.
 */
export function answerLater<I, O>(
  model: (images: I) => O,
  { failsAt }: { failsAt?: number } = {},
): (images: I) => Promise<O> {
  let calls = 0;
  return async (images) => {
    const call = ++calls;
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (call === failsAt) throw new Error(`no answer to call ${call}`);
    return model(images);
  };
}
