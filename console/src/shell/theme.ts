/** Light or dark: as the system prefers, until one chooses. */
import { applyMode, Mode } from '@cloudscape-design/global-styles';

const KEY = 'tabard-mode';
const dark = matchMedia('(prefers-color-scheme: dark)');

export function isDark(): boolean {
  const chosen = localStorage.getItem(KEY);
  return chosen ? chosen === 'dark' : dark.matches;
}

export function applyTheme(): void {
  applyMode(isDark() ? Mode.Dark : Mode.Light);
  document.documentElement.style.colorScheme = isDark() ? 'dark' : 'light';
}

export function toggleTheme(): void {
  localStorage.setItem(KEY, isDark() ? 'light' : 'dark');
  applyTheme();
}

dark.addEventListener('change', applyTheme);
