export { registerTensorflowGradients } from './register.ts';
