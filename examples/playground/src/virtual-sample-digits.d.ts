declare module 'virtual:sample-digits' {
  /** Base64 of levels 0 to 255, `[20, 28, 28]`: two of each digit, from 0 on. */
  const levels: string;
  export default levels;
}
