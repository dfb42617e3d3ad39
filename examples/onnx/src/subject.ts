import { type ConceptScenes, conceptScenes } from '@cnnviz/dissect';
import { drawScenes, layerNames, loadSceneNetwork } from '@cnnviz/example-dissect-training';
import type { ImageModel } from '@cnnviz/models';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { exportOnnx } from './export-onnx.ts';
import { type OnnxModel, openOnnxModel } from './onnx-model.ts';
import type { Runtime } from './runtime.ts';

/** What pixels may be: RGB as in a file. */
export const bounds = [0, 255] as const;

/** One network twice, and scenes that it has not learned from. */
export interface Subject {
  /** In onnxruntime. */
  onnx: OnnxModel;
  /** In TensorFlow.js. */
  layers: ImageModel;
  /** The bytes of the ONNX file. */
  file: Uint8Array;
  scenes: ConceptScenes;
  /** All scenes, `[n, h, w, 3]` within `bounds`, and which each is, `[n]`. */
  images: Tensor4D;
  labels: Tensor1D;
  classes: readonly string[];
  /** Frees all of it. */
  close(): Promise<void>;
}

export interface SubjectOptions {
  /** How many scenes. */
  count: number;
  /** Decides them. */
  seed: number;
}

/** Writes the network that tells scenes apart as ONNX and opens it. */
export async function openSubject(runtime: Runtime, { count, seed }: SubjectOptions): Promise<Subject> {
  const layers = await loadSceneNetwork();
  const file = await exportOnnx(layers.topology as LayersModel, { hidden: layerNames });
  const onnx = await openOnnxModel(runtime, file, { logits: 'logits', prepare: toUnitRange });
  const [size] = layers.inputShape;
  // Seeds 0 and 1 drew what the network learned from and was chosen by.
  const scenes = await drawScenes(conceptScenes({ seed: seed + 2, count, size }));
  const { images, labels } = await tensorsOf(scenes);
  return {
    onnx,
    layers,
    file,
    scenes,
    images,
    labels,
    classes: scenes.tasks.scene.classes,
    close: async () => {
      tf.dispose([images, labels]);
      layers.dispose();
      await onnx.close();
    },
  };
}

/** From `bounds` to [-1, 1], which the network has learned from. */
function toUnitRange(images: Tensor4D): Tensor4D {
  return tf.sub(tf.div(images, 127.5), 1);
}

async function tensorsOf(scenes: ConceptScenes): Promise<{ images: Tensor4D; labels: Tensor1D }> {
  const [height, width] = scenes.imageSize;
  const pixels = new Float32Array(scenes.count * height * width * 3);
  const labels = new Int32Array(scenes.count);
  for (let index = 0; index < scenes.count; index++) {
    pixels.set((await scenes.read(index)).pixels, index * height * width * 3);
    labels[index] = scenes.tasks.scene.classOf(index);
  }
  return { images: tf.tensor4d(pixels, [scenes.count, height, width, 3]), labels: tf.tensor1d(labels, 'int32') };
}
