import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

export interface LocalResponseNormalizationConfig {
  name?: string;
  /** Channels on each side that count. */
  depthRadius: number;
  bias: number;
  alpha: number;
  beta: number;
}

/**
 * Divides each activation by (bias + alpha · the sum of squares over the neighboring channels)^beta. No parameters.
 *
 * @see Krizhevsky, Sutskever, Hinton, "ImageNet Classification with Deep Convolutional Neural Networks", NIPS 2012, 3.3.
 */
export class LocalResponseNormalization extends tfl.layers.Layer {
  static readonly className = 'LocalResponseNormalization';
  readonly #config: LocalResponseNormalizationConfig;

  constructor(config: LocalResponseNormalizationConfig) {
    super(config.name === undefined ? {} : { name: config.name });
    this.#config = config;
  }

  override computeOutputShape(inputShape: tfl.Shape): tfl.Shape {
    return inputShape;
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    const { depthRadius, bias, alpha, beta } = this.#config;
    const activations = (Array.isArray(inputs) ? inputs[0] : inputs) as Tensor4D;
    return tf.localResponseNormalization(activations, depthRadius, bias, alpha, beta);
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { depthRadius, bias, alpha, beta } = this.#config;
    return { ...super.getConfig(), depthRadius, bias, alpha, beta };
  }
}

tf.serialization.registerClass(LocalResponseNormalization);
