import { html, render } from 'lit-html';
import type { Chapter } from '../chapter.ts';
import { activationsView } from './units/activations-view.ts';
import { dissectionView } from './units/dissection-view.ts';
import { filtersView } from './units/filters-view.ts';
import './units.css';

export const units: Chapter = {
  id: 'units',
  title: 'What its units detect',
  question: 'What does a single unit of a network look for, and does it match anything we have a name for?',
  mount(section, page) {
    const filters = filtersView(page);
    const activations = activationsView(page);
    const dissection = dissectionView(page);
    render(html`${filters.element} ${activations.element} ${dissection.element}`, section);
    const read = () => {
      void filters.read();
      void activations.read();
      void dissection.read();
    };
    read();
    const endTelling = page.onChange(read);
    return () => {
      endTelling();
      dissection.leave();
    };
  },
};
