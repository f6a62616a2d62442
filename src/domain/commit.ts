import * as z from 'zod';

/** What a commit says of itself. */
export const CommitAbout = z.object({
  author: z.string(),
  /** The first line of its message. */
  subject: z.string(),
  /** When it was committed (rebased, merged), ISO 8601: the nearest thing to the time of the push that Git knows. */
  committed: z.string(),
});
export type CommitAbout = z.infer<typeof CommitAbout>;

export interface Commit extends CommitAbout {
  /** 40 hex digits. */
  id: string;
  /** `Name: value` lines of the message's last paragraph, names in lower case. */
  trailers: readonly { name: string; value: string }[];
}
