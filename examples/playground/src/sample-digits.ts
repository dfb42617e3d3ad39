import levels from 'virtual:sample-digits';

export interface SampleDigit {
  /** What it is said to be. */
  digit: number;
  /** Which of its digit's samples. */
  which: 'first' | 'second';
  /** 28 x 28, 0 to 1. */
  pixels: Float32Array<ArrayBuffer>;
  canvas: HTMLCanvasElement;
}

/** Two of each digit, from MNIST's images that the digit network was not trained on. */
export function sampleDigits(): SampleDigit[] {
  const all = Uint8Array.from(atob(levels), (letter) => letter.charCodeAt(0));
  return Array.from({ length: 20 }, (_, index) => {
    const ofDigit = all.subarray(index * 784, (index + 1) * 784);
    const pixels = Float32Array.from(ofDigit, (level) => level / 255);
    return {
      digit: Math.floor(index / 2),
      which: index % 2 === 0 ? 'first' : 'second',
      pixels,
      canvas: thumbnail(ofDigit),
    };
  });
}

function thumbnail(levels: Uint8Array): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [28, 28];
  const data = new Uint8ClampedArray(784 * 4);
  for (const [pixel, level] of levels.entries()) data.set([level, level, level, 255], 4 * pixel);
  canvas.getContext('2d')!.putImageData(new ImageData(data, 28, 28), 0, 0);
  return canvas;
}
