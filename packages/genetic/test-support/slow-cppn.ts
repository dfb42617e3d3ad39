import type { CppnGenome } from '../src/encodings/cppn/cppn-genome.ts';

/** What the renderers should give for one network: pixel by pixel, `[height, width, channels]`. */
export function slowImage(
  genome: CppnGenome,
  { height, width, channels }: { height: number; width: number; channels: number },
): number[] {
  return Array.from({ length: height * width }, (_, pixel) => {
    const x = (2 * ((pixel % width) + 0.5)) / width - 1;
    const y = (2 * (Math.floor(pixel / width) + 0.5)) / height - 1;
    const inputs = [x, y, Math.sqrt(x * x + y * y), 1];
    const outputs = Array.from({ length: channels }, (_, output) => slowLevel(genome, inputs, output));
    return channels === 1 ? outputs : slowColor(...(outputs as [number, number, number]));
  }).flat();
}

/** One output of one network, by recursion in float64. */
function slowLevel(genome: CppnGenome, inputs: number[], output: number): number {
  const value = (id: number): number => {
    if (id < 4) return inputs[id]!;
    const sum = genome.connections
      .filter(({ to, enabled }) => to === id && enabled)
      .reduce((total, { from, weight }) => total + weight * value(from), 0);
    switch (genome.nodes.find((node) => node.id === id)!.activation) {
      case 'sine':
        return Math.sin(sum);
      case 'sigmoid':
        return 2 * (1 / (1 + Math.exp(-sum)) - 0.5);
      case 'gaussian':
        return Math.exp(-sum * sum);
      case 'linear':
        return Math.max(-3, Math.min(3, sum)) / 3;
    }
  };
  return Math.abs(value(4 + output));
}

/** The textbook's way from hue, lightness and saturation to RGB: by sextants. */
function slowColor(hue: number, lightness: number, saturation: number): [number, number, number] {
  const chroma = (1 - Math.abs(2 * lightness - 1)) * saturation;
  const second = chroma * (1 - Math.abs(((hue * 6) % 2) - 1));
  const sextants = [
    [chroma, second, 0],
    [second, chroma, 0],
    [0, chroma, second],
    [0, second, chroma],
    [second, 0, chroma],
    [chroma, 0, second],
  ];
  const dark = lightness - chroma / 2;
  return sextants[Math.min(5, Math.floor(hue * 6))]!.map((level) => level + dark) as [number, number, number];
}
