/** Light or dark: the system's wish, unless the reader has chosen. */
export const THEMES = ['system', 'light', 'dark'] as const
export type ThemeChoice = (typeof THEMES)[number]

const STORED = 'tacit-theme'
const isDark = () => matchMedia('(prefers-color-scheme: dark)').matches

export function themeChoice(): ThemeChoice {
  try {
    return THEMES.find((theme) => theme === localStorage.getItem(STORED)) ?? 'system'
  } catch {
    // A browser that keeps nothing.
    return 'system'
  }
}

export function chooseTheme(choice: ThemeChoice): void {
  try {
    localStorage.setItem(STORED, choice)
  } catch {
    // It holds until the page is closed.
  }
  applyTheme(choice)
}

/** Fired on the window whenever colours change: charts are drawn anew. */
export const THEME_EVENT = 'tacit-theme'

export function applyTheme(choice: ThemeChoice): void {
  document.documentElement.dataset.theme = choice === 'system' ? (isDark() ? 'dark' : 'light') : choice
  dispatchEvent(new Event(THEME_EVENT))
}

export function followSystemTheme(): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => applyTheme(themeChoice()))
}
