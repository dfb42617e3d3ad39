/**
 * Computes each node after the nodes that it depends on, once, however deep they lie.
 *
 * @returns What a node is; `inCircle` stands for an input that depends on the node itself.
 */
export function inOrder<N, V>(steps: {
  inputsOf: (node: N) => readonly N[];
  compute: (node: N, inputs: readonly V[]) => V;
  inCircle: (node: N) => V;
}): (node: N) => V {
  const done = new Map<N, { value: V }>();
  return (root) => {
    const open = new Set([root]);
    const path = done.has(root) ? [] : [{ node: root, inputs: steps.inputsOf(root), next: 0 }];
    for (let last = path.at(-1); last !== undefined; last = path.at(-1)) {
      const input = last.inputs[last.next++];
      if (last.next <= last.inputs.length) {
        if (done.has(input as N) || open.has(input as N)) continue;
        open.add(input as N);
        path.push({ node: input as N, inputs: steps.inputsOf(input as N), next: 0 });
      } else {
        const values = last.inputs.map((each) => (done.has(each) ? done.get(each)!.value : steps.inCircle(each)));
        done.set(last.node, { value: steps.compute(last.node, values) });
        open.delete(last.node);
        path.pop();
      }
    }
    return done.get(root)!.value;
  };
}
