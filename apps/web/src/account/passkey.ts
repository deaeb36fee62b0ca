import { type AuthAction, type AuthAnswer, answerIn, authRequest } from './auth-request.ts'

/** Where a passkey is used. Loaded on use: nobody waits for it who writes a password. */
export type PasskeyUse = {
  readonly action: 'sign-in-passkey' | 'reauthenticate-passkey'
  readonly account?: string
}

/** Asks the browser for a passkey, and sends its answer. */
export async function sendPasskey({ action, account }: PasskeyUse): Promise<AuthAnswer> {
  const asked = await authRequest('passkey-options', { body: {} })
  if (asked.state === 'failed') return asked
  return answered(action, account, {}, () => {
    // The browser checks its form.
    const options = answerIn(asked.text) as PublicKeyCredentialRequestOptionsJSON
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options)
    return navigator.credentials.get({ publicKey })
  })
}

/** Makes a passkey for these options of the server. */
export function sendNewPasskey(
  text: string,
  { name, account }: { readonly name: string; readonly account: string },
): Promise<AuthAnswer> {
  return answered('add-passkey', account, { name }, () => {
    // The browser checks its form.
    const options = answerIn(text) as PublicKeyCredentialCreationOptionsJSON
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options)
    return navigator.credentials.create({ publicKey })
  })
}

async function answered(
  action: AuthAction,
  account: string | undefined,
  body: Readonly<Record<string, string>>,
  ask: () => Promise<Credential | null>,
): Promise<AuthAnswer> {
  try {
    const response = await ask()
    if (!(response instanceof PublicKeyCredential)) return failed('No passkey was used.')
    const sent = { ...body, response: response.toJSON() }
    return await authRequest(action, { body: sent, ...(account && { account }) })
  } catch (error) {
    const isRefused = error instanceof DOMException && error.name === 'NotAllowedError'
    const isThere = error instanceof DOMException && error.name === 'InvalidStateError'
    if (isThere) return failed('This device has a passkey of this account already.')
    return failed(
      isRefused ? 'No passkey was used.' : 'This browser cannot use a passkey at this address.',
    )
  }
}

function failed(words: string): AuthAnswer {
  return { state: 'failed', code: undefined, words, paths: [] }
}
