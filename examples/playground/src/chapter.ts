import type { Page } from './page.ts';

/** One question, and a way to play with it. */
export interface Chapter {
  /** What stands behind # in the address. */
  id: string;
  title: string;
  question: string;
  /**
   * Called each time that the visitor opens the chapter.
   *
   * @param section Empty but for the heading and the question.
   * @returns What is to be done when the visitor leaves: stop what runs.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: most chapters have nothing to return.
  mount(section: HTMLElement, page: Page): void | (() => void);
}
