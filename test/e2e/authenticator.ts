// The authenticator of a real browser: Chromium's own virtual one, spoken to by its debugging protocol, so that the script of the pages
// asks `navigator.credentials` and gets what a device would give.
import type { CDPSession, Page } from 'playwright-core'

export interface BrowserAuthenticator {
  /** False: somebody does not show a finger, face or PIN, or cancels. */
  setUserVerified(isUserVerified: boolean): Promise<void>
  /** How often each passkey of it was used. */
  counters(): Promise<readonly number[]>
  /** Forgets all passkeys, as a device that was set up anew. */
  forget(): Promise<void>
}

/** Plugs an authenticator into a page, and into every page it goes on to. */
export async function plugIn(page: Page): Promise<BrowserAuthenticator> {
  const cdp: CDPSession = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable', { enableUI: false })
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  })
  return {
    setUserVerified: async (isUserVerified) => void (await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified })),
    counters: async () => (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials.map(({ signCount }) => signCount),
    forget: async () => void (await cdp.send('WebAuthn.clearCredentials', { authenticatorId })),
  }
}
