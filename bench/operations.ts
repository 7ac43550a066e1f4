/** Operations of a step as the program itself counts them, from what `explain()` says: each kernel's, as often as it is called. */
export function operationsOf(explanation: string): number {
  const lines = explanation.split("\n");
  const ofKernel = new Map<string, number>();
  for (const line of lines) {
    const head = /^kernel (\w+)\(.*\) {2}(\d+) operations/.exec(line);
    if (head !== null) ofKernel.set(head[1]!, Number(head[2]));
  }
  let total = 0;
  /** How often the lines at each depth are run: `50 times, moving m3` is about the lines under it. */
  const times = [1];
  for (const line of lines.slice(lines.indexOf("calls") + 1, lines.indexOf("", lines.indexOf("calls")))) {
    const [, indent, word, rest] = /^( +)(\w+)(.*)$/.exec(line)!;
    const depth = indent!.length / 2 - 1;
    if (rest!.startsWith(" times, moving")) times[depth + 1] = times[depth]! * Number(word);
    else total += times[depth]! * ofKernel.get(word!)!;
  }
  return total;
}
