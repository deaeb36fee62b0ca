import { useEffect, useState } from 'react'

/** Loaded with its library when it is shown. Black on white in every theme, as cameras expect. */
export function QrCode({ text, label }: { readonly text: string; readonly label: string }) {
  const [code, setCode] = useState<{ readonly size: number; readonly path: string }>()

  useEffect(() => {
    void import('uqr').then(
      ({ encode }) => {
        const { size, data } = encode(text, { border: 4 })
        const path = data.flatMap((row, y) =>
          row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : '')),
        )
        setCode({ size, path: path.join('') })
      },
      // The secret is there as text.
      () => undefined,
    )
  }, [text])

  if (code === undefined) return null
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${code.size} ${code.size}`}
      className="my-3 block size-48"
      style={{ forcedColorAdjust: 'none' }}
    >
      <rect width={code.size} height={code.size} fill="#fff" />
      <path d={code.path} fill="#000" shapeRendering="crispEdges" />
    </svg>
  )
}
