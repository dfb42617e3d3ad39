import { centerDigit } from './center-digit.ts';

/** Of the drawing's side, in pixels. */
export const drawingSide = 280;
const penWidth = 22;

/** The visitor's drawing, which outlives the chapters: a digit, white on black. */
export interface Drawing {
  /** As the network gets it: 28 x 28, 0 to 1, centered as MNIST's digits are. */
  pixels(): Float32Array<ArrayBuffer>;
  isEmpty(): boolean;
  clear(): void;
  /** A line of the pen, in pixels of the drawing. */
  line(from: readonly [x: number, y: number], to: readonly [x: number, y: number]): void;
  /** A digit that is centered already: 28 x 28, 0 to 1. The network gets it as it is, until something is drawn on it. */
  put(pixels: Float32Array<ArrayBuffer>): void;
  /** To be drawn on the page. */
  readonly canvas: HTMLCanvasElement;
}

/** The one that all chapters share. */
export const drawing: Drawing = newDrawing();

function newDrawing(): Drawing {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [drawingSide, drawingSide];
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  let pixels: Float32Array<ArrayBuffer> | undefined;
  const clear = () => {
    pixels = new Float32Array(28 * 28);
    context.fillStyle = 'black';
    context.fillRect(0, 0, drawingSide, drawingSide);
  };
  clear();
  const readPixels = () => {
    pixels ??= centerDigit(inkOf(context));
    return pixels;
  };
  return {
    canvas,
    clear,
    pixels: readPixels,
    isEmpty: () => readPixels().every((value) => value === 0),
    line(from, to) {
      pixels = undefined;
      Object.assign(context, { strokeStyle: 'white', lineWidth: penWidth, lineCap: 'round' });
      context.beginPath();
      context.moveTo(...from);
      context.lineTo(...to);
      context.stroke();
    },
    put(given) {
      clear();
      const size = drawingSide / 28;
      for (const [place, value] of given.entries()) {
        const level = Math.round(255 * value);
        context.fillStyle = `rgb(${level} ${level} ${level})`;
        context.fillRect((place % 28) * size, Math.floor(place / 28) * size, size, size);
      }
      pixels = given;
    },
  };
}

function inkOf(context: CanvasRenderingContext2D): Float32Array {
  const { data } = context.getImageData(0, 0, drawingSide, drawingSide);
  return Float32Array.from({ length: drawingSide ** 2 }, (_, pixel) => data[4 * pixel]! / 255);
}
