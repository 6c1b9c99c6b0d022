// Something to see: filled in below as the rooms come.
export const fillDemo = async (_options: { readonly url: string; readonly keys: Readonly<Record<string, string>> }): Promise<void> => {
  await Promise.resolve()
}
