// Type-checked rules need TypeScript's own API, which version 7 does not have: `typescript` is version 6 for them alone, and
// `typescript-7` is what `npm run typecheck` and the build check with.
import js from '@eslint/js';
import accessible from 'eslint-plugin-jsx-a11y';
import hooks from 'eslint-plugin-react-hooks';
import { defineConfig } from 'eslint/config';
import typescript from 'typescript-eslint';

export default defineConfig(
  { ignores: ['dist/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  { files: ['*.mjs'], languageOptions: { globals: { Buffer: 'readonly', URL: 'readonly' } } },
  {
    files: ['src/**/*.{ts,tsx}', 'vite.config.ts'],
    extends: [typescript.configs.strictTypeChecked, accessible.flatConfigs.strict],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { 'react-hooks': hooks },
    rules: {
      // the rest of that plugin's rules prepare for React's compiler, which is not used, and take a third of the time
      'react-hooks/rules-of-hooks': 'error',
      'react-hooks/exhaustive-deps': 'error',
      // `onClick={() => setOpen(true)}` is how a handler is written
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // a form that opens because one asked for it begins in its first field; elements of the page itself may not do that
      'jsx-a11y/no-autofocus': ['error', { ignoreNonDOM: true }],
    },
  },
);
