import { html, render } from 'lit-html';
import { isAbort, type Page } from './page.ts';

export interface LongJobOptions<P, R> {
  /** What the start button says. */
  start: string;
  /** What the stop button says. Default: `Stop`. */
  stop?: string;
  /** Calls the job: `(id, onProgress) => page.api.digit.attack(id, options, onProgress)`. */
  work: (id: string, onProgress: (progress: P) => void) => Promise<R>;
  /** Where the job stands: `done` of `of`, in words. Without `of` the bar shows only that something happens. */
  describe: (progress: P) => { done: number; of?: number; text: string };
  /** Shows what there is so far. */
  onProgress?: (progress: P) => void;
  /** Shows the result, and says in a line what it is. */
  onResult: (result: R) => string;
}

export interface LongJob {
  /** Buttons, bar, status and error; to be put into the chapter. */
  element: HTMLElement;
  /** Resolves when the job has ended, however it did. */
  start(): Promise<void>;
  stop(): void;
  isRunning(): boolean;
  /** Whether the start button can be pressed. */
  enable(enabled: boolean): void;
}

/** Start, stop, progress, and what came of it in words; a screen reader hears of the start and of the end. */
export function longJob<P, R>(page: Page, options: LongJobOptions<P, R>): LongJob {
  const element = document.createElement('div');
  element.className = 'job';
  let controller: AbortController | undefined;
  let enabled = true;
  let progress: { done: number; of?: number; text: string } | undefined;
  let status = '';
  let error = '';

  const show = () => {
    const isRunning = controller !== undefined;
    render(
      html`
        <div class="buttons">
          <button type="button" class="start" ?disabled=${isRunning || !enabled} @click=${start}>${options.start}</button>
          <button type="button" class="stop" ?disabled=${!isRunning} @click=${stop}>${options.stop ?? 'Stop'}</button>
        </div>
        <div class="progress" ?hidden=${!isRunning}>
          ${bar(progress, options.start)}
          <span>${progress?.text ?? 'starting'}</span>
        </div>
        <p class="status" role="status">${status}</p>
        <p class="error" role="alert">${error}</p>
      `,
      element,
    );
  };

  const stop = () => controller?.abort();

  const start = async () => {
    if (controller !== undefined) return;
    controller = new AbortController();
    const { signal } = controller;
    [progress, status, error] = [undefined, 'Running.', ''];
    const hadFocus = element.contains(document.activeElement);
    show();
    // A disabled button loses the keyboard; what can be pressed now is beside it.
    if (hadFocus) element.querySelector<HTMLButtonElement>('.stop')?.focus();
    try {
      const result = await page.run<P, R>(options.work, {
        signal,
        onProgress: (latest) => {
          if (signal.aborted) return;
          progress = options.describe(latest);
          options.onProgress?.(latest);
          show();
        },
      });
      status = options.onResult(result);
    } catch (thrown) {
      status = isAbort(thrown) ? 'Stopped.' : '';
      error = isAbort(thrown) ? '' : messageOf(thrown);
    } finally {
      const hasFocus = element.contains(document.activeElement);
      controller = undefined;
      show();
      if (hasFocus) element.querySelector<HTMLButtonElement>('.start')?.focus();
    }
  };

  show();
  return {
    element,
    start,
    stop,
    isRunning: () => controller !== undefined,
    enable: (value) => {
      enabled = value;
      show();
    },
  };
}

function bar(progress: { done: number; of?: number } | undefined, label: string) {
  return progress?.of === undefined
    ? html`<progress aria-label=${label}></progress>`
    : html`<progress aria-label=${label} max=${progress.of} .value=${Math.min(progress.done, progress.of)}></progress>`;
}

/** What an error says to a visitor: without the names of package and function in front. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^@cnnviz\/[a-z-]+: \w+: /, '');
}
