/**
 * The hash of a text that PostgreSQL has (`hashtext`, of its UTF-8), which is Jenkins' lookup3. Citus keeps a row on the
 * shard whose range has the hash of its owner.
 */
export function hashText(text: string): number {
  const bytes = Buffer.from(text)
  const seed = (0x9e3779b9 + bytes.length + 3923095) | 0
  let [a, b, c] = [seed, seed, seed]
  let at = 0
  for (; bytes.length - at >= 12; at += 12) {
    a = (a + bytes.readInt32LE(at)) | 0
    b = (b + bytes.readInt32LE(at + 4)) | 0
    c = (c + bytes.readInt32LE(at + 8)) | 0
    a = ((a - c) ^ rotated(c, 4)) | 0
    c = (c + b) | 0
    b = ((b - a) ^ rotated(a, 6)) | 0
    a = (a + c) | 0
    c = ((c - b) ^ rotated(b, 8)) | 0
    b = (b + a) | 0
    a = ((a - c) ^ rotated(c, 16)) | 0
    c = (c + b) | 0
    b = ((b - a) ^ rotated(a, 19)) | 0
    a = (a + c) | 0
    c = ((c - b) ^ rotated(b, 4)) | 0
    b = (b + a) | 0
  }
  const rest = (place: number) => bytes[at + place] ?? 0
  const word = (place: number) =>
    rest(place) | (rest(place + 1) << 8) | (rest(place + 2) << 16) | (rest(place + 3) << 24)
  a = (a + word(0)) | 0
  b = (b + word(4)) | 0
  // The lowest byte of the last word is kept for the length.
  c = (c + ((rest(8) << 8) | (rest(9) << 16) | (rest(10) << 24))) | 0
  c = ((c ^ b) - rotated(b, 14)) | 0
  a = ((a ^ c) - rotated(c, 11)) | 0
  b = ((b ^ a) - rotated(a, 25)) | 0
  c = ((c ^ b) - rotated(b, 16)) | 0
  a = ((a ^ c) - rotated(c, 4)) | 0
  b = ((b ^ a) - rotated(a, 14)) | 0
  return ((c ^ b) - rotated(b, 24)) | 0
}

function rotated(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}
