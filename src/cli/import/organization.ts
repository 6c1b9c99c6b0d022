// An import into the wrong organization cannot be taken back, so the key is asked which one it opens before anything is sent.
import { tenancyApi } from '../../domains/tenancy/contract.ts'
import { clientOf, type Sender } from '../../kernel/client.ts'
import { usageError } from '../exit.ts'

/** Refuses when a key given by hand opens another organization than the one that was named. */
export async function checkOrganization(sender: Sender, named: string | undefined): Promise<void> {
  if (named === undefined) return
  const { slug } = await clientOf(tenancyApi, sender).getMyOrganization()
  if (slug !== named) throw usageError(`The key opens the organization ${slug}, not ${named}.`, 'Nothing was sent. Give the key of the organization that is meant, or leave --organization out.')
}
