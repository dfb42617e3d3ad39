/** What a section of docs/bundlers.md tells its reader to write and to type. */
export interface Recipe {
  /** Text of each file, by its path in the project, which its first line names. */
  files: Readonly<Record<string, string>>;
  /** What is typed into a shell, a block each. */
  commands: readonly string[];
}

const fences = /^```(\w+)\n([\s\S]*?)^```$/gm;
const firstLine = /^(?:\/\/|<!--) (\S+)(?: -->)?\n/;

/** The recipe below a heading of the second level. */
export function recipeOf(markdown: string, heading: string): Recipe {
  const section = markdown.split(/^## /m).find((text) => text.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`there is no section "${heading}"`);
  const files: Record<string, string> = {};
  const commands: string[] = [];
  for (const [, language, text = ''] of section.matchAll(fences)) {
    const path = firstLine.exec(text)?.[1];
    if (language === 'sh') commands.push(text);
    else if (path === undefined) throw new Error(`a block of "${heading}" does not name its file`);
    else files[path] = text.replace(firstLine, '');
  }
  return { files, commands };
}
