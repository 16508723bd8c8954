// A workflow's file: what it is called, and whether it can be one at all. What is in it is the server's to check.

/** The JSON of a file, or what is wrong with it. */
export type ReadFile = { readonly json: unknown } | { readonly problem: string };

/** Reads a file's text. */
export function readDefinition(text: string): ReadFile {
  try {
    const json: unknown = JSON.parse(text);
    const isDefinition = typeof json === 'object' && json !== null && 'nodes' in json && Array.isArray(json.nodes);
    return isDefinition ? { json } : { problem: 'this is not a workflow: it has no list of nodes' };
  } catch (error) {
    return { problem: `this is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** `closed-won.json` → `Closed won` */
export function nameOf(file: string): string {
  const words = file
    .replace(/\.json$/i, '')
    .replaceAll(/[-_\s]+/g, ' ')
    .trim();
  return words === '' ? 'Imported workflow' : words.charAt(0).toUpperCase() + words.slice(1);
}
