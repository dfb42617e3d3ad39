import { type FolderFile, filesOfDrop } from '@cnnviz/models';
import { html, render } from 'lit-html';
import { messageOf } from './long-job.ts';
import type { Page } from './page.ts';
import type { NetworkDescription } from './worker/networks.ts';
import type { ModelSource } from './worker/visitor-model.ts';

const ranges = { '0 to 1': [0, 1], '-1 to 1': [-1, 1], '0 to 255': [0, 255] } as const;

/** Lets the visitor bring a model of TensorFlow.js: a folder, dropped or chosen, or an address. */
export function modelChooser(page: Page, tellChange: () => void) {
  const element = document.createElement('div');
  element.className = 'setting';
  let network: NetworkDescription | undefined;
  let error = '';
  let isBusy = false;
  let isOver = false;

  const show = () =>
    render(
      html`
        <details @toggle=${show}>
          <summary>Use a model of your own</summary>
          <p>
            Bring a TensorFlow.js model, a LayersModel or a GraphModel: a folder with <code>model.json</code> and its
            <code>.bin</code> files. A model with 28 x 28 gray images as input and ten classes replaces the digit network.
          </p>
          <p>
            <label for="range">Its pixels range from</label>
            <select id="range" ?disabled=${isBusy}>
              ${Object.keys(ranges).map((name) => html`<option>${name}</option>`)}
            </select>
            <span class="note">unless its model.json says otherwise</span>
          </p>
          <div
            class=${isOver ? 'drop over' : 'drop'}
            @dragover=${dragOver}
            @dragleave=${dragLeave}
            @drop=${drop}
          >
            <label for="folder">Drop its folder here, or choose it:</label>
            <input id="folder" type="file" webkitdirectory multiple ?disabled=${isBusy} @change=${chooseFolder} />
          </div>
          <form @submit=${submit}>
            <label for="url">Or its address:</label>
            <input id="url" type="url" required placeholder="https://…/model.json" ?disabled=${isBusy} />
            <button type="submit" ?disabled=${isBusy}>Load</button>
          </form>
          <button type="button" ?disabled=${isBusy || network === undefined} @click=${() => use(undefined)}>
            Back to the networks of this page
          </button>
        </details>
        <p class="status" role="status">${isBusy ? 'Loading …' : describe(network)}</p>
        <p class="error" role="alert">${error}</p>
      `,
      element,
    );

  const range = (): ModelSource['range'] => {
    const chosen = element.querySelector<HTMLSelectElement>('#range')!.value as keyof typeof ranges;
    return ranges[chosen];
  };

  const use = async (source: ModelSource | undefined) => {
    [isBusy, error] = [true, ''];
    show();
    try {
      await page.api.useNetwork(source);
    } catch (thrown) {
      error = messageOf(thrown);
    }
    isBusy = false;
    show();
    // All jobs were stopped, even where the network stays.
    tellChange();
  };

  page.onChange(async () => {
    network = await page.api.visitorNetwork();
    show();
  });

  const useFolder = (folder: FolderFile[]) => use({ range: range(), folder });

  const chooseFolder = async (event: Event) => {
    const input = event.target as HTMLInputElement;
    const folder = Array.from(input.files ?? [], (file) => ({ path: file.webkitRelativePath || file.name, file }));
    // So that the same folder can be chosen again, once it is mended.
    input.value = '';
    if (folder.length > 0) await useFolder(folder);
  };

  const dragOver = (event: DragEvent) => {
    event.preventDefault();
    if (!isOver) {
      isOver = true;
      show();
    }
  };

  const dragLeave = () => {
    isOver = false;
    show();
  };

  const drop = async (event: DragEvent) => {
    event.preventDefault();
    isOver = false;
    show();
    if (event.dataTransfer !== null && !isBusy) await useFolder(await filesOfDrop(event.dataTransfer));
  };

  const submit = async (event: Event) => {
    event.preventDefault();
    await use({ range: range(), url: element.querySelector<HTMLInputElement>('#url')!.value.trim() });
  };

  show();
  return { element };
}

function describe(network: NetworkDescription | undefined): string {
  if (network === undefined) return 'The networks of this page are in use: one for digits and one for scenes.';
  const { shape, classes, layers, isForDigits } = network;
  const what = `Your network is in use: images of ${shape.join(' x ')}, ${classes} classes, ${layers} layers to examine.`;
  return isForDigits
    ? `${what} It replaces the digit network.`
    : `${what} It does not take digits, so only the chapter “What it wants to see” uses it.`;
}
