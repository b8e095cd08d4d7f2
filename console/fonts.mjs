/** Fonts as files of their own: Cloudscape writes all of them into its style sheet, and most pages need three of the eight. */
import { createHash } from 'node:crypto';

const FONT = /url\((['"]?)data:font\/woff2;base64,([A-Za-z0-9+/=]+)\1\)/g;

export function fontFiles() {
  return {
    name: 'font-files',
    enforce: 'post',
    generateBundle(_, bundle) {
      for (const sheet of Object.values(bundle)) {
        if (sheet.type !== 'asset' || !sheet.fileName.endsWith('.css')) continue;
        sheet.source = String(sheet.source).replace(FONT, (_whole, _quote, text) => {
          const source = Buffer.from(text, 'base64');
          const name = `font-${createHash('sha256').update(source).digest('hex').slice(0, 8)}.woff2`;
          this.emitFile({ type: 'asset', fileName: `assets/${name}`, source });
          return `url(${name})`;
        });
      }
    },
  };
}
