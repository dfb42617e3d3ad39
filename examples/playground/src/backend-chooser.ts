import { html, render } from 'lit-html';
import { messageOf } from './long-job.ts';
import type { Page } from './page.ts';
import type { BackendName, BackendState } from './worker/backends.ts';

const meanings: Record<BackendName, { title: string; runsOn: string }> = {
  webgpu: { title: 'WebGPU', runsOn: 'the graphics card' },
  webgl: { title: 'WebGL', runsOn: 'the graphics card, in nearly every browser' },
  wasm: { title: 'WebAssembly', runsOn: 'the processor' },
};

/** Lets the visitor choose where the page computes, and says which backends are available and why others are not. */
export function backendChooser(page: Page, tellChange: () => void) {
  const element = document.createElement('div');
  element.className = 'setting';
  let backends: BackendState[] = [];
  let current: BackendName | undefined;
  let status = 'Starting …';
  let error = '';
  let isBusy = true;

  const show = () =>
    render(
      html`
        <label for="backend">Compute with</label>
        <select id="backend" ?disabled=${isBusy} @change=${choose} aria-describedby="backend-notes">
          ${backends.map(
            ({ name, isAvailable }) => html`
              <option value=${name} ?disabled=${!isAvailable} .selected=${name === current}>
                ${meanings[name].title}: ${meanings[name].runsOn}${isAvailable ? '' : ' (not available)'}
              </option>
            `,
          )}
        </select>
        <p class="status" role="status">${status}</p>
        <p class="error" role="alert">${error}</p>
        <details id="backend-notes">
          <summary>Backends on this machine</summary>
          <ul>
            ${backends.map(
              ({ name, isAvailable, detail, isSoftware }) => html`
                <li>
                  <strong>${name}</strong>${isAvailable ? '' : ' is not available'}: ${detail}${
                    isSoftware ? ', which is the processor imitating a graphics card; WebAssembly is faster' : ''
                  }.
                </li>
              `,
            )}
          </ul>
        </details>
      `,
      element,
    );

  const change = async (name: BackendName | undefined, errorBefore = '') => {
    [isBusy, error, status] = [true, errorBefore, 'Starting …'];
    show();
    try {
      const { name: started, lostNetwork } = await page.api.useBackend(name);
      current = started;
      if (lostNetwork !== undefined)
        error = `Your network cannot be used on ${meanings[started].title}. ${lostNetwork}`;
    } catch (thrown) {
      error = messageOf(thrown);
    }
    isBusy = false;
    status = current === undefined ? 'No backend starts.' : `Computing with ${meanings[current].title}.`;
    show();
    tellChange();
  };

  const choose = (event: Event) => change((event.target as HTMLSelectElement).value as BackendName);

  show();
  return {
    element,
    /** Nothing can be computed at all. */
    fail(message: string): void {
      [isBusy, error, status] = [true, message, ''];
      show();
    },
    /** @param asked What the address asks for. */
    async start(asked: string | null): Promise<void> {
      backends = await page.api.backends();
      const named = backends.find(({ name }) => name === asked);
      await change(named?.name);
      if (named !== undefined && current === undefined) await change(undefined, error);
    },
  };
}
