/** The console. Boundary module: the browser. */
import { render } from 'preact'
import { App } from './app.tsx'
import { followSystemTheme } from './theme.ts'

followSystemTheme()
render(<App />, document.getElementById('app')!)
