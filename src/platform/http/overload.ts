// Watches how late timers fire. When the event loop stays behind, new requests are refused at once instead of being queued.

export interface Lag {
  isOverloaded(): boolean
  stop(): void
}

const TICK_MS = 100

export function watchLag(lagMsMax: number): Lag {
  let expectedMs = performance.now() + TICK_MS
  let lateTicks = 0
  const timer = setInterval(() => {
    const now = performance.now()
    lateTicks = now - expectedMs > lagMsMax ? lateTicks + 1 : 0
    expectedMs = now + TICK_MS
  }, TICK_MS)
  timer.unref()
  // One long pause can be anything (a start, a sleeping laptop); two in a row are overload.
  return { isOverloaded: () => lateTicks >= 2, stop: () => clearInterval(timer) }
}
