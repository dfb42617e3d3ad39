import { html, render } from 'lit-html';
import type { Chapter } from '../chapter.ts';

export const digit: Chapter = {
  id: 'digit',
  title: 'A digit of yours',
  question: 'What does the network take your digit for, and how small a change breaks it?',
  mount(section) {
    render(html`<p>To be drawn.</p>`, section);
  },
};
