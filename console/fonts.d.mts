import type { Plugin } from 'vite';

export function fontFiles(): Plugin;
