import type { ShownCheck, Verdict } from '../../worker/messages.ts'
import { Message } from './common.tsx'

const MARKS: Readonly<Record<ShownCheck['verdict'], readonly [string, string, string]>> = {
  pass: ['✓', 'good', 'Yes'],
  fail: ['✗', 'bad', 'No'],
  skipped: ['–', 'skipped', 'Not asked'],
}

/** What a verification found, question by question. */
export function VerdictView({ verdict }: { readonly verdict: Verdict }) {
  const { tone, title, words, checks, milliseconds } = verdict
  return (
    <div class="panel" data-verdict={tone}>
      <Message tone={tone} title={title}>
        {words.map((sentence) => (
          <span key={sentence}>{sentence}</span>
        ))}
      </Message>
      <ul class="checks" aria-label="Checks">
        {checks.map(({ title, verdict, evidence }) => {
          const [mark, colour, answer] = MARKS[verdict]
          return (
            <li key={title}>
              <span class={`mark ${colour}`} aria-hidden="true">
                {mark}
              </span>
              <span>
                {title}
                <span class="hidden-text">: {answer}</span>
              </span>
              <small>{evidence}</small>
            </li>
          )
        })}
      </ul>
      <p class="small soft">
        Checked on this machine in {(milliseconds / 1_000).toFixed(1)} s; the service was asked for data, not
        for an opinion.
      </p>
    </div>
  )
}
