import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { fontFiles } from './fonts.mjs';
import { serviceReference } from './service-reference.mjs';

export default defineConfig({
  base: '/_/console/',
  plugins: [react(), serviceReference(), fontFiles()],
  build: {
    target: 'es2022',
    // those that know light-dark(): what it is lowered to for others shows neither colour where no theme is named
    cssTarget: ['chrome123', 'edge123', 'firefox120', 'safari17.5'],
    // what the content security policy allows is files of ours, not addresses made of text
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1200,
    reportCompressedSize: true,
  },
});
