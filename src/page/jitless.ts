/** Imported before everything else: the page's policy forbids code from texts, which zod would otherwise try. */
import { config } from 'zod'

config({ jitless: true })
