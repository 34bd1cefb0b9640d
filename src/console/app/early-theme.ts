/** Runs before anything is painted, so that a dark page is never white first. */
import { applyTheme, themeChoice } from './theme.ts'

applyTheme(themeChoice())
