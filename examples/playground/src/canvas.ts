import type { Picture } from './worker/picture.ts';

export interface DrawPictureOptions {
  /** What is to be seen, for those who do not see it. */
  label: string;
  /** Pixels of the screen for one of the picture, as far as there is room. Default: 1. */
  enlarge?: number;
}

/** Shows a picture, each of its pixels a square. */
export function drawPicture(
  canvas: HTMLCanvasElement,
  picture: Picture,
  { label, enlarge = 1 }: DrawPictureOptions,
): void {
  canvas.width = picture.width;
  canvas.height = picture.height;
  canvas.style.width = `${picture.width * enlarge}px`;
  canvas.classList.add('picture');
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', label);
  canvas.getContext('2d')!.putImageData(new ImageData(picture.data, picture.width, picture.height), 0, 0);
}

/** A canvas that shows a picture. */
export function pictureCanvas(picture: Picture, options: DrawPictureOptions): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  drawPicture(canvas, picture, options);
  return canvas;
}
