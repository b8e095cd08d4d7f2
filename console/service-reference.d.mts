import type { Plugin } from 'vite';

export function serviceReference(): Plugin;
