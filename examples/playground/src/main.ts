import { html, render } from 'lit-html';
import { backendChooser } from './backend-chooser.ts';
import type { Chapter } from './chapter.ts';
import { digit } from './chapters/digit.ts';
import { evolution } from './chapters/evolution.ts';
import { maximization } from './chapters/maximization.ts';
import { oneMax } from './chapters/one-max.ts';
import { units } from './chapters/units.ts';
import { modelChooser } from './model-chooser.ts';
import { openPage } from './page.ts';

// One line a chapter, in the order of the navigation.
const chapters: readonly [Chapter, ...Chapter[]] = [digit, evolution, oneMax, units, maximization];

const { page, tellChange } = openPage(() =>
  backend.fail(
    'The part of this page that computes did not load. Load the page again; if that does not help, the browser is too old for it.',
  ),
);
const backend = backendChooser(page, tellChange);
const model = modelChooser(page, tellChange);
window.playground = { memory: () => page.api.memory() };
let leave: (() => void) | undefined;

function showPage(current: Chapter, section: HTMLElement): void {
  render(
    html`
      <a class="skip" href="#chapter" @click=${skip}>Skip to the chapter</a>
      <header aria-label="This page">
        <h1>cnnviz playground</h1>
        <p>
          What has a convolutional neural network learned, and how easily is it fooled? Everything here is computed in your
          browser; nothing you draw or load leaves it.
        </p>
        ${backend.element} ${model.element}
      </header>
      <nav aria-label="Chapters">
        <ul>
          ${chapters.map(
            ({ id, title }) =>
              html`<li><a href="#${id}" aria-current=${id === current.id ? 'page' : 'false'}>${title}</a></li>`,
          )}
        </ul>
      </nav>
      <main id="chapter" tabindex="-1" aria-label="Chapter">
        <h2 tabindex="-1">${current.title}</h2>
        <p class="question">${current.question}</p>
        ${section}
      </main>
      <footer>
        <p><a href="https://github.com/cnnviz/cnnviz">cnnviz</a>, on TensorFlow.js. Apache-2.0.</p>
      </footer>
    `,
    document.body,
  );
}

// A fragment would be taken for a chapter's.
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById('chapter')?.focus();
}

function showChapter(): void {
  const id = location.hash.slice(1);
  const chapter = chapters.find((each) => each.id === id) ?? chapters[0];
  leave?.();
  const section = document.createElement('div');
  section.className = `chapter ${chapter.id}`;
  document.title = `${chapter.title} – cnnviz playground`;
  showPage(chapter, section);
  leave = chapter.mount(section, page) ?? undefined;
}

window.addEventListener('hashchange', () => {
  showChapter();
  document.querySelector<HTMLElement>('main h2')?.focus();
});
showChapter();
void backend.start(new URLSearchParams(location.search).get('backend'));
