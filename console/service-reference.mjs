/** AWS's actions, resources and condition keys for the policy editor: a file for each service, fetched when it is asked for. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

export function serviceReference() {
  const own = here('../.venv/bin/python');
  const python = existsSync(own) ? own : 'python3';
  const text = execFileSync(python, [here('../tools/console_reference.py')], { encoding: 'utf8', maxBuffer: 1 << 26 });
  const folder = `assets/reference-${createHash('sha256').update(text).digest('hex').slice(0, 8)}`;
  return {
    name: 'service-reference',
    config: () => ({ define: { __SERVICE_REFERENCE__: JSON.stringify(`/_/console/${folder}`) } }),
    generateBundle() {
      for (const [name, content] of Object.entries(JSON.parse(text))) {
        this.emitFile({ type: 'asset', fileName: `${folder}/${name}.json`, source: JSON.stringify(content) });
      }
    },
  };
}
