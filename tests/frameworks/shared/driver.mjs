// What the drivers of the JavaScript frameworks share; see driver.py.
import fs from 'node:fs';
import readline from 'node:readline';

export const url = process.env.LEEWAY_AGENT_URL;
export const headers = { Authorization: `Bearer ${process.env.LEEWAY_AGENT_TOKEN}` };

// The names of the tools that the model was offered, last.
let offered = [];
export const offer = names => { offered = [...names].sort(); };

/** The tool and the arguments that a prompt orders. */
export function ordered(text) {
  return JSON.parse(text.slice(text.indexOf('{"tool"'), text.lastIndexOf('}') + 1));
}

/** A message's content, in whatever parts a framework keeps it. */
export function textOf(value) {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(textOf).join('\n');
  if (value && typeof value.text === 'string') return value.text;
  return JSON.stringify(value);
}

function why(error) {
  const text = `${error?.name}: ${error?.message ?? error}`;
  return error?.cause ? `${text} | ${why(error.cause)}` : text;
}

const answer = said => fs.writeSync(Number(process.env.ANSWERS_FD), JSON.stringify(said) + '\n');

/** Does what is ordered until nothing more is: `act` runs the agent on a prompt and returns what it says. */
export async function serve(act) {
  answer({ ready: true });
  for await (const line of readline.createInterface({ input: process.stdin })) {
    try {
      const saw = textOf(await act(line));
      answer({ saw, offered });
    } catch (error) {
      answer({ raised: why(error), offered });
    }
  }
}
