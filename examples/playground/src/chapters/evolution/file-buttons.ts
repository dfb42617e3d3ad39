import { html, type TemplateResult } from 'lit-html';
import type { SavedEvolution } from '../../worker/evolution.ts';

export interface FileButtonsOptions {
  isRunning: boolean;
  /** There when evolution has paused or ended. */
  saved: SavedEvolution | undefined;
  onPauseOrResume: () => void;
  onOpen: (saved: SavedEvolution) => void;
  onError: (message: string) => void;
}

/** Pause or resume, save to a file, and open one. */
export function fileButtons(options: FileButtonsOptions): TemplateResult {
  const { isRunning, saved } = options;
  return html`
    <div class="buttons file">
      <button
        type="button"
        class="pause"
        ?disabled=${!isRunning && saved === undefined}
        @click=${options.onPauseOrResume}
      >
        ${isRunning || saved === undefined ? 'Pause' : 'Resume'}
      </button>
      <button
        type="button"
        class="save"
        ?disabled=${isRunning || saved === undefined}
        @click=${() => saved !== undefined && download(saved)}
      >
        Save to a file
      </button>
      <label for="evolution-file">Open a saved file</label>
      <input
        id="evolution-file"
        type="file"
        accept=".json,application/json"
        ?disabled=${isRunning}
        @change=${(event: Event) => open(event.target as HTMLInputElement, options)}
      />
    </div>
    <p class="note">
      The same seed gives the same pictures. Evolution ends when the network is 99.99 % sure of each. A paused or finished
      evolution can be saved; opened on the same backend, it continues exactly as if it had never been paused.
    </p>
  `;
}

function download(saved: SavedEvolution): void {
  const { encoding, seed, state } = saved;
  const url = URL.createObjectURL(new Blob([JSON.stringify(saved)], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `evolution-${encoding}-seed-${seed}-generation-${state.generation}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

async function open(
  input: HTMLInputElement,
  { onOpen, onError }: Pick<FileButtonsOptions, 'onOpen' | 'onError'>,
): Promise<void> {
  const file = input.files?.[0];
  if (file === undefined) return;
  try {
    onOpen(JSON.parse(await file.text()) as SavedEvolution);
  } catch {
    onError(`${file.name} is not a saved evolution: it is not JSON.`);
  }
  // So that the same file can be opened again.
  input.value = '';
}
