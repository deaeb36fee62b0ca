export type Command = {
  /** The line of its opening fence, counted from 1. */
  readonly line: number
  readonly language: 'sh' | 'sql'
  readonly text: string
}

/** The executable fenced blocks of a page, in their order. */
export function commandsIn(markdown: string): Command[] {
  const fence = /^```(sh|sql)\n(.*?)^```$/gms
  return [...markdown.matchAll(fence)].map(({ 1: language, 2: text = '', index }) => ({
    line: markdown.slice(0, index).split('\n').length,
    language: language === 'sql' ? 'sql' : 'sh',
    text,
  }))
}
